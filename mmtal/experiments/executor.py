"""Run jobs in processes of their own: on this machine, or as an array of Slurm tasks.

A job is any object that can be pickled and has a ``name`` and a ``log``, such as a run of a
leaderboard or a trial of a search. One process per job costs little, since it is forked from one
that has imported everything, and buys much: what a job allocates, leaks or crashes is its own.
"""

import gc
import multiprocessing
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch

from mmtal.utils.files import write_text
from mmtal.utils.repeats import warnings_once
from mmtal.utils.wording import duration

GRACE = 10.0
"""Seconds that a process has to end when it is asked to."""

_NVML = "PYTORCH_NVML_BASED_CUDA_CHECK"
_PRELOAD = "mmtal.experiments.preload"


class Job(Protocol):
    """Work for one process: its name, and the file that gets all that it prints."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...


JobType = TypeVar("JobType", bound=Job)


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[JobType]):
    """How a job ended.

    Attributes:
        job: The job.
        value: What its function returned; None if it failed.
        error: Why it failed, in one line; empty: it did not.
    """

    job: JobType
    value: Any = None
    error: str = ""

    @property
    def failure(self) -> str:
        """Why it failed, and where to read more."""
        return f"FAILED ({self.error}; {self.job.log})"


@dataclass(frozen=True)
class Slot:
    """A place for one job at a time; ``gpu`` as ``CUDA_VISIBLE_DEVICES`` names it."""

    gpu: str | None
    threads: int


def run_jobs(
    function: Callable[[JobType], Any],
    jobs: Iterable[JobType],
    on_end: Callable[[Outcome[JobType]], str],
    *,
    total: int | None = None,
    workers: int | None = None,
) -> list[Outcome[JobType]]:
    """Run all jobs on this machine and print one line, what ``on_end`` returns, for each that ends.

    A job that fails, or whose process is killed, does not stop the others. KeyboardInterrupt, and
    whatever ``on_end`` or ``jobs`` raise, end all processes. ``function``, of a module, is called
    in another process; the next job is taken when there is a place for it. ``total`` is for the
    time left; ``workers`` are spread over the GPUs, None: one per GPU.
    """
    gpus = visible_gpus()
    free = slots(workers or max(1, len(gpus)), gpus)[::-1]
    context = _context(function, gpus)
    queue = iter(jobs)
    running: dict[Any, tuple[BaseProcess, JobType, Slot]] = {}
    outcomes: list[Outcome[JobType]] = []
    started = time.monotonic()
    try:
        while True:
            while free and (job := next(queue, None)) is not None:
                slot = free.pop()
                pipe, other_end = context.Pipe(duplex=False)
                process = context.Process(  # type: ignore[attr-defined]  # its stub lacks it
                    target=_work, args=(function, job, slot, other_end), name=job.name
                )
                process.start()
                other_end.close()
                running[pipe] = (process, job, slot)
            if not running:
                return outcomes
            for ready in wait(list(running)):
                process, job, slot = running[ready]
                outcomes.append(_outcome(ready, process, job))  # type: ignore[arg-type]
                del running[ready]
                free.append(slot)
                place, left = f"{len(outcomes)}", ""
                if total is not None:
                    place = f"{len(outcomes):{len(str(total))}}/{total}"
                    rest = total - len(outcomes)
                    seconds = (time.monotonic() - started) / len(outcomes) * rest
                    left = f"; about {duration(seconds)} left" if rest else ""
                print(f"[{place}] {job.name}: {on_end(outcomes[-1])}{left}", flush=True)
    finally:
        _end([process for process, _, _ in running.values()])


def visible_gpus() -> list[str]:
    """GPUs that jobs can be given, as ``CUDA_VISIBLE_DEVICES`` names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    count = torch.cuda.device_count()
    return named.split(",")[:count] if named else [str(index) for index in range(count)]


def slots(workers: int, gpus: Sequence[str]) -> list[Slot]:
    """Places for jobs, spread over the GPUs; cores are shared out evenly.

    ``OMP_NUM_THREADS`` limits the threads of each, as ever.
    """
    threads = max(1, num_cores() // workers)
    if os.environ.get("OMP_NUM_THREADS", "").isdigit():
        threads = min(threads, max(1, int(os.environ["OMP_NUM_THREADS"])))
    return [Slot(gpus[index % len(gpus)] if gpus else None, threads) for index in range(workers)]


def num_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def submit_array(
    names: Sequence[str],
    command: Sequence[str],
    folder: Path,
    *,
    at_once: int | None = None,
    slurm_args: str = "",
) -> str:
    """Submit a Slurm array with one task per job; returns what ``sbatch`` printed.

    A task starts a command of its own for its job alone, whose name is appended to its last word,
    such as ``--only=`` (names may begin with a dash), in the folder that this process was started
    in and with its environment. The script and what tasks print go to ``folder``; at most
    ``at_once`` run at a time. FileNotFoundError: there is no ``sbatch``. ValueError: it refused.
    """
    script = folder / "slurm.sh"
    throttle = "" if at_once is None else f"%{at_once}"
    # exec, so that Slurm's signals reach the command itself
    write_text(
        script,
        f"""#!/bin/bash
#SBATCH --job-name=mmtal
#SBATCH --array=0-{len(names) - 1}{throttle}
#SBATCH --output={folder}/slurm-%A_%a.log
names=({shlex.join(names)})
exec {shlex.join(command)}"${{names[SLURM_ARRAY_TASK_ID]}}"
""",
    )
    sbatch = ["sbatch", *shlex.split(slurm_args), str(script)]
    try:
        done = subprocess.run(sbatch, check=False, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise FileNotFoundError("--slurm needs sbatch, which is not on PATH") from error
    if done.returncode:
        raise ValueError(f"sbatch refused {script}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


def _context(function: Callable[..., Any], gpus: Sequence[str]) -> BaseContext:
    """Processes forked from one that has imported everything, which saves seconds for each.

    That process must not touch CUDA, or CUDA fails in those forked from it; where asking for GPUs
    touches it all the same, each process starts from nothing.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_PRELOAD, function.__module__])
    is_main = threading.current_thread() is threading.main_thread()  # others cannot handle signals
    os.environ[_NVML] = "1"  # it inherits this, and is deaf to Ctrl-C
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if is_main else None
    try:
        forkserver.ensure_running()
    finally:
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
    if not gpus:
        return context
    # fails where CUDA cannot be used in such a process
    process = context.Process(target=torch.zeros, args=(1,), kwargs={"device": "cuda"})
    process.start()
    process.join()
    return multiprocessing.get_context("spawn") if process.exitcode else context


def _outcome(pipe: Connection, process: BaseProcess, job: JobType) -> Outcome[JobType]:
    value, error = None, None
    with suppress(EOFError):  # it did not live to say how it ended
        value, error = pipe.recv()
    pipe.close()
    process.join()
    if error is None:
        code = process.exitcode or 0
        reason = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        memory = ", out of memory?" if code == -signal.SIGKILL else ""
        error = f"its process ended with {reason}{memory}"
    return Outcome(job=job, value=value, error=error)


def _end(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.exitcode is None:
            process.kill()
            process.join()


def _work(function: Callable[[JobType], Any], job: JobType, slot: Slot, pipe: Connection) -> None:
    """Do a job in this process, which was started for it."""
    _redirect(job.log)
    # Ctrl-C reaches every process of the terminal: the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    multiprocessing.set_start_method(None, force=True)  # loaders' processes are plain forks
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if slot.gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = slot.gpu
    torch.set_num_threads(slot.threads)
    gc.freeze()  # data sets collect garbage, and need not look at what has been loaded
    try:
        with warnings_once():
            pipe.send((function(job), ""))
    except Exception as error:  # whatever it is, it is this job's alone
        traceback.print_exc()
        lines = str(error).strip().splitlines()
        pipe.send((None, f"{type(error).__name__}: {lines[0] if lines else ''}"))


def _redirect(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a plain stream


def _end_with_parent() -> None:
    """No process outlives the command that started it, however that ends."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
