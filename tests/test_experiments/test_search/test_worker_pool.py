"""mmtal.experiments.search.worker_pool: processes, their share of the machine, and their death."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import make_dataset, write_config

from mmtal.experiments.search import SearchSettings
from mmtal.experiments.search.holdout import Holdout
from mmtal.experiments.search.trial_worker import Job, Outcome
from mmtal.experiments.search.worker_pool import WorkerPool

HOLDOUT = Holdout(None, ("wave", "jump", "sit"), 8, 5, "")

DEVICES: list = [
    ("none", 0, None, []),
    ("all", 3, None, ["0", "1", "2"]),
    ("some of them", 2, "4,7", ["4", "7"]),
    ("by name, one of them gone", 1, "GPU-a,GPU-b", ["GPU-a"]),
]


@pytest.mark.parametrize(("why", "count", "named", "found"), DEVICES, ids=[c[0] for c in DEVICES])
def test_gpus_are_those_that_this_process_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str, count: int, named: Any, found: list
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert WorkerPool(2, SearchSettings("a", "b", tmp_path), HOLDOUT).devices == found


def test_cores_are_shared_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    settings = SearchSettings("a", "b", tmp_path)
    shares = {n: WorkerPool(n, settings, HOLDOUT) for n in (1, 3, 16, 40)}
    assert {n: pool.threads for n, pool in shares.items()} == {1: 16, 3: 5, 16: 1, 40: 1}
    assert {n: pool.loader_workers for n, pool in shares.items()} == {1: 15, 3: 4, 16: 0, 40: 0}


@pytest.mark.slow
def test_a_killed_process_fails_its_trial_and_is_replaced(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    template = write_config(tmp_path / "config.py", data)
    pool = WorkerPool(1, SearchSettings(str(template), str(data), tmp_path / "study"), HOLDOUT)
    environment = dict(os.environ)
    try:
        pool.start(0, Job(0, {}))
        assert pool.free() is None and pool.running == 1
        while not (tmp_path / "study/trials/0000/log.txt").exists():
            time.sleep(0.05)
        worker = pool.workers[0]
        assert worker is not None and worker.process.pid is not None
        os.kill(worker.process.pid, signal.SIGKILL)
        outcome = next_outcome(pool)
        assert outcome.state == "failed" and "want of memory" in outcome.error
        assert pool.free() == 0 and pool.running == 0
        pool.start(0, Job(1, {"epochs": 1}))
        outcome = next_outcome(pool)
        assert outcome.state == "complete" and 0 <= outcome.value <= 1
        assert 0 < outcome.validation_seconds < outcome.seconds
    finally:
        pool.close()
    assert dict(os.environ) == environment


def next_outcome(pool: WorkerPool) -> Outcome:
    while True:
        for index, _, message in pool.events(timeout=1.0):
            if isinstance(message, Outcome):
                return message
            pool.answer(index, go_on=True)
