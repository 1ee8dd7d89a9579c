"""Processes that train trials, and what is known about each."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

import torch

from mmtal.experiments.search.holdout import Holdout
from mmtal.experiments.search.settings import SearchSettings
from mmtal.experiments.search.trial_worker import Job, Outcome, work


@dataclass
class Worker:
    """A process and the trial that it has."""

    process: SpawnProcess
    pipe: Connection
    number: int | None = None


class WorkerPool:
    """A fixed number of processes; one that dies is replaced.

    They are spawned, since a forked process cannot use a GPU that its parent has looked at. With
    several GPUs they take turns; each sees only its own.

    Args:
        size: Processes.
        settings: Of the search.
        holdout: Where trials train and are validated.
    """

    def __init__(self, size: int, settings: SearchSettings, holdout: Holdout) -> None:
        self.settings = settings
        self.holdout = holdout
        cores = os.cpu_count() or 1
        self.threads = max(1, cores // size)
        self.loader_workers = max(0, cores // size - 1)
        self.devices = _devices()
        self.workers: list[Worker | None] = [None] * size

    def free(self) -> int | None:
        """The index of a worker that has nothing to do; None: all are busy."""
        for index, worker in enumerate(self.workers):
            if worker is None or worker.number is None:
                return index
        return None

    @property
    def running(self) -> int:
        """How many trials are being trained."""
        return sum(worker is not None and worker.number is not None for worker in self.workers)

    def start(self, index: int, job: Job) -> None:
        """Give a free worker a trial."""
        worker = self.workers[index] or self._spawn(index)
        self.workers[index] = worker
        worker.number = job.number
        worker.pipe.send(job)

    def events(self, timeout: float) -> Iterator[tuple[int, int, Any]]:
        """Worker, trial and message of all that has been said within a time.

        A message is ``("report", step, value)``, to be answered with :meth:`answer`, or an
        :class:`Outcome`, after which the worker is free.
        """
        pipes = {w.pipe: i for i, w in enumerate(self.workers) if w and w.number is not None}
        for pipe in wait(list(pipes), timeout):
            index = pipes[pipe]  # type: ignore[index]
            worker = self.workers[index]
            assert worker is not None and worker.number is not None
            number = worker.number
            try:
                message = worker.pipe.recv()
            except (EOFError, OSError):
                worker.process.join()
                message = Outcome("failed", error=_death(worker.process.exitcode))
                self.workers[index] = None
            if isinstance(message, Outcome):
                worker.number = None
            yield index, number, message

    def answer(self, index: int, go_on: bool) -> None:
        """Say whether a trial goes on."""
        worker = self.workers[index]
        assert worker is not None
        with suppress(OSError):  # it has died, as the next event says
            worker.pipe.send(go_on)

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        for worker in self.workers:
            if worker is not None:
                worker.process.terminate()
        for worker in self.workers:
            if worker is not None:
                worker.process.join()
                worker.pipe.close()

    def _spawn(self, index: int) -> Worker:
        ours, theirs = multiprocessing.Pipe()
        arguments = (theirs, self.settings, self.holdout, self.loader_workers)
        process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
        environment = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(self.threads))}
        if self.devices:
            environment["CUDA_VISIBLE_DEVICES"] = self.devices[index % len(self.devices)]
        with _environment(environment):
            # Ctrl-C reaches the whole group of processes; only the parent acts on it
            handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
            process.start()
            signal.signal(signal.SIGINT, handler)
        theirs.close()
        return Worker(process, ours)


def _devices() -> list[str]:
    """Names of the GPUs for ``CUDA_VISIBLE_DEVICES``."""
    if not torch.cuda.is_available():
        return []
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = named.split(",") if named else [str(i) for i in range(torch.cuda.device_count())]
    return names[: torch.cuda.device_count()]


def _death(code: int | None) -> str:
    reason = f"exit code {code}"
    if code is not None and code < 0:
        reason = f"signal {-code}" + (", perhaps for want of memory" if code == -9 else "")
    return f"its process died ({reason})"


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Environment of the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
