"""A process that trains one trial after the other."""

import gc
import multiprocessing
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import torch

from mmtal.engine.runner import build_runner
from mmtal.experiments.search.holdout import Holdout
from mmtal.experiments.search.settings import SearchSettings
from mmtal.experiments.search.trial_report_hook import Report, TrialReportHook, TrialStopped


@dataclass(frozen=True)
class Job:
    """A trial to be trained.

    Args:
        number: Of the trial.
        values: By key.
    """

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Args:
        state: ``complete``, ``pruned`` or ``failed``.
        value: The last mAP, in [0, 1]; NaN: there was none.
        seconds: From start to end.
        validation_seconds: Spent on validation.
        error: Why it failed.
    """

    state: str
    value: float = float("nan")
    seconds: float = 0.0
    validation_seconds: float = 0.0
    error: str = ""


def trial_folder(folder: Path, number: int) -> Path:
    """Where the log and the curves of a trial are."""
    return folder / "trials" / f"{number:04d}"


def train_trial(
    settings: SearchSettings, holdout: Holdout, job: Job, report: Report, *, loader_workers: int
) -> Outcome:
    """Train one trial in this process.

    Args:
        settings: Of the search.
        holdout: Where to train and validate.
        job: The trial.
        report: Gets step and mAP after each validation; False stops the trial.
        loader_workers: Processes that load data, at most.
    """
    started = time.monotonic()
    work_dir = trial_folder(settings.folder, job.number)
    config = settings.trial_config(job.values, work_dir, holdout, loader_workers=loader_workers)
    runner = build_runner(config)
    hook = TrialReportHook(report)
    runner.register_hook(hook)
    try:
        runner.train()
        state = "complete"
    except TrialStopped:
        state = "pruned"
    return Outcome(state, hook.value, time.monotonic() - started, hook.seconds)


def work(pipe: Connection, settings: SearchSettings, holdout: Holdout, loader_workers: int) -> None:
    """Train what the pipe brings, until it brings None or its other end is gone.

    The parent gets ``("report", step, value)``, which it answers with whether to go on, and at
    the end of each trial an :class:`Outcome`.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))

    def report(step: int, value: float) -> bool:
        pipe.send(("report", step, value))
        return bool(pipe.recv())

    try:
        while (job := pipe.recv()) is not None:
            log = trial_folder(settings.folder, job.number) / "log.txt"
            with _output_to(log):
                try:
                    outcome = train_trial(
                        settings, holdout, job, report, loader_workers=loader_workers
                    )
                except Exception as error:  # whatever it is, the search goes on
                    traceback.print_exc()
                    text = str(error).strip().splitlines()
                    outcome = Outcome(
                        "failed", error=f"{type(error).__name__}: {text[0] if text else ''}"
                    )
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            pipe.send(outcome)
    except (EOFError, OSError):
        pass  # the parent is gone


def _end_with_parent() -> None:
    """No process of a search outlives it, however it is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _output_to(path: Path) -> Iterator[None]:
    """Send all that this process and those that it starts print to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    saved = [os.dup(1), os.dup(2)]
    with path.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, old in zip((1, 2), saved, strict=True):
            os.dup2(old, descriptor)
            os.close(old)
