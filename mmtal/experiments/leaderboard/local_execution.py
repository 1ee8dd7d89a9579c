"""Runs on this machine, several at a time."""

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

import torch

from mmtal.experiments.leaderboard.worker import Job, probe, work

GRACE = 10.0
"""Seconds that a process has to end when it is asked to."""

_NVML = "PYTORCH_NVML_BASED_CUDA_CHECK"


@dataclass(frozen=True)
class Slot:
    """A place for one run at a time; ``gpu`` as ``CUDA_VISIBLE_DEVICES`` names it."""

    gpu: str | None
    threads: int


def visible_gpus() -> list[str]:
    """GPUs that runs can be given, as ``CUDA_VISIBLE_DEVICES`` names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    count = torch.cuda.device_count()
    return named.split(",")[:count] if named else [str(index) for index in range(count)]


def slots(workers: int, gpus: Sequence[str]) -> list[Slot]:
    """Places for runs, spread over the GPUs; cores are shared out evenly.

    ``OMP_NUM_THREADS`` limits the threads of each, as ever.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = max(1, (cores or 1) // workers)
    if os.environ.get("OMP_NUM_THREADS", "").isdigit():
        threads = min(threads, max(1, int(os.environ["OMP_NUM_THREADS"])))
    return [Slot(gpus[index % len(gpus)] if gpus else None, threads) for index in range(workers)]


def run_locally(
    jobs: Sequence[Job], places: Sequence[Slot], on_end: Callable[[Job, int], None]
) -> None:
    """Do all jobs; each is a process of its own, and the failure of one is its own, too.

    On KeyboardInterrupt all of them are ended before it is raised again.

    Args:
        jobs: In the order in which they are begun.
        places: How many at a time, and where.
        on_end: Is told each job and its exit code, 0 for success.
    """
    context = _context()
    waiting, free = list(reversed(jobs)), list(reversed(places))
    running: dict[Any, tuple[BaseProcess, Job, Slot]] = {}
    try:
        while waiting or running:
            while waiting and free:
                job, place = waiting.pop(), free.pop()
                process = context.Process(  # type: ignore[attr-defined]  # its stub lacks it
                    target=work, args=(job, place.gpu, place.threads), name=job.run.name
                )
                process.start()
                running[process.sentinel] = (process, job, place)
            for sentinel in wait(list(running)):
                process, job, place = running.pop(sentinel)
                process.join()
                free.append(place)
                on_end(job, process.exitcode or 0)
    finally:
        _end([process for process, _, _ in running.values()])


def _context() -> BaseContext:
    """Processes forked from one that has loaded everything, which saves seconds for each.

    That process must not touch CUDA, or CUDA fails in those forked from it; where asking for GPUs
    touches it all the same, each process starts from nothing.
    """
    before = os.environ.get(_NVML)
    os.environ[_NVML] = "1"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mmtal.experiments.leaderboard.worker"])
    try:
        process = context.Process(target=probe)
        process.start()
        process.join()
    finally:
        if before is None:
            del os.environ[_NVML]
        else:
            os.environ[_NVML] = before
    return multiprocessing.get_context("spawn") if process.exitcode else context


def _end(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.exitcode is None:
            process.kill()
            process.join()
