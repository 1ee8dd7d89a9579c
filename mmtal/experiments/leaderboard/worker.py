"""A process that does one run."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

# What a run loads on its way, seconds of it: the process that others are forked from has it.
import torch._dynamo  # by optimizers

import mmtal.datasets
import mmtal.engine
import mmtal.evaluation.metrics
import mmtal.models
import mmtal.visualization  # noqa: F401
from mmtal.experiments.leaderboard.single_run import Folders, RunElsewhereError, execute
from mmtal.experiments.leaderboard.spec import PlannedRun
from mmtal.ops.nms_builtin import kernel

kernel()  # loads numba
ELSEWHERE = 75
"""Exit code: another process is at work on this run."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A planned run with what its process needs to know.

    Attributes:
        run: What to do.
        folders: Where things go.
        features_sha256: For the record.
        git: For the record.
        log: File for all that is printed.
    """

    run: PlannedRun
    folders: Folders
    features_sha256: str
    git: Mapping[str, Any]
    log: Path


def work(job: Job, gpu: str | None, threads: int) -> None:
    """Do one run in this process, which is a process of its own."""
    _redirect(job.log)
    # Ctrl-C reaches every process of the terminal: the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    multiprocessing.set_start_method(None, force=True)  # loaders' processes are plain forks
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    torch.set_num_threads(threads)
    gc.freeze()  # data sets collect garbage, and need not look at what has been loaded
    try:
        execute(job.run, job.folders, features_sha256=job.features_sha256, git=job.git)
    except RunElsewhereError:
        sys.exit(ELSEWHERE)
    except Exception:  # whatever it is, it is this run's alone
        traceback.print_exc()
        sys.exit(1)


def probe() -> None:
    """Fail where CUDA cannot be used in a process like this one."""
    if torch.cuda.is_available():
        torch.zeros(1, device="cuda")


def _redirect(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a plain stream


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
