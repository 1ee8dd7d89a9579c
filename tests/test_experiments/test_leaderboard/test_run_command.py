"""Whole runs of a tiny model: interrupted, failed, shared between processes and machines."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
import yaml

from mmtal.experiments.leaderboard.measured import read_runs
from mmtal.experiments.leaderboard.record import Record, pack_runs

pytestmark = pytest.mark.slow


class Workplace:
    """A folder with the data, a config and a spec of ``rows``, and the tool to run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records = folder / "spec"
        tiny.make_dataset(folder / "tiny")
        tiny.write_config(folder / "tiny.py", folder / "tiny")
        self.env = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}

    def write(self, *rows: dict[str, Any]) -> None:
        defaults = dict(
            benchmark="tiny",
            config=str(self.folder / "tiny.py"),
            data=str(self.folder / "tiny"),
            protocols="config",
            seeds=0,
        )
        content = yaml.safe_dump(dict(defaults=defaults, rows=list(rows)))
        (self.folder / "spec.yaml").write_text(content)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "mmtal", "leaderboard", "run", "spec.yaml", *arguments],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        text, _ = process.communicate(timeout=600)
        return process.returncode, text

    def record(self, name: str) -> Record:
        return next(record for _, record in read_runs([self.records]) if record.name == name)

    def wait_for(self, pattern: str) -> None:
        self.wait_until(lambda: any(self.folder.glob(f"work_dirs/**/{pattern}")))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        for _ in range(1200):
            if condition():
                return
            time.sleep(0.1)
        raise AssertionError("waited in vain")


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


def processes_of(session: int) -> list[str]:
    """Command lines of the processes that a started tool has left; zombies are none."""
    listed = subprocess.run(
        ["ps", "-s", str(session), "-o", "stat=,args="], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    return [line for line in listed if not line.startswith("Z")]


def test_run_writes_all_and_does_nothing_twice(place: Workplace) -> None:
    place.write(
        dict(method="one", seeds="0-1"),
        # diverges, which shows only in training
        dict(method="fails", options={"optim_wrapper.optimizer.lr": 1e15}),
        dict(method="two", folds=dict(leave_out="rec_{fold}", names="0-1")),
    )
    code, text = place.run("--workers", "2")
    assert code == 1
    assert "[5/5]" in text and "4 runs done" in text
    assert "FAILED" in text and "error: 1 run of 5 failed" in text
    assert "tiny, two, 2 folds pooled: mAP" in text
    names = sorted(record.name for _, record in read_runs([place.records]))
    assert names == [
        "tiny-one-seed0",
        "tiny-one-seed1",
        "tiny-two-fold0-seed0",
        "tiny-two-fold1-seed0",
    ]
    record = place.record("tiny-two-fold1-seed0")
    assert record.data["num_videos"] == 1
    assert record.scores["config"]["metrics"]["mAP"] is not None
    assert set(record.scores["config"]["ap_per_class"]) <= set(tiny.CLASSES)
    assert record.seconds["train"] > 0 < record.seconds["test"]
    assert record.peak_memory["ram_mib"] > 100
    assert record.device == "CPU, 1 thread"
    assert str(place.folder) not in json.dumps(vars(record))
    with gzip.open(record.results_path(place.records)) as file:
        assert list(json.load(file)["results"]) == ["rec_1"]
    assert record.matches_path(place.records).is_file()

    before = {path: path.stat().st_mtime_ns for path in place.records.iterdir()}
    code, text = place.run("--dry-run")
    assert code == 0 and "5 runs: 4 done, 1 open" in text
    code, text = place.run("--only", "tiny-[ot]*")
    assert (code, text) == (0, "4 runs: 4 done\n")
    assert {path: path.stat().st_mtime_ns for path in place.records.iterdir()} == before

    # a change of the recipe is no other seed of the same method
    place.write(dict(method="one", seeds="0-1", options={"train_cfg.max_epochs": 4}))
    code, text = place.run()
    assert code == 2 and "2 records not of what the spec says now: tiny-one-seed0 (config" in text
    code, text = place.run("--redo", "--only", "tiny-one-seed1", "--drop-checkpoints")
    assert code == 0 and "1 run done" in text
    assert place.record("tiny-one-seed1").config_sha256 != record.config_sha256
    # checkpoints of the record that was replaced are not those of the finished run
    assert len(list(place.folder.glob("work_dirs/**/tiny-one-seed1-*/*.pth"))) == 2


def test_killed_run_goes_on_and_ends_as_if_it_had_not_been(place: Workplace) -> None:
    options = {"train_cfg.max_epochs": 30, "default_hooks.checkpoint.interval": 1}
    place.write(dict(method="killed", options=options))
    process = place.start()
    place.wait_for("epoch_6.pth")
    process.kill()
    process.communicate()
    place.wait_until(lambda: not processes_of(process.pid))
    assert not list(place.folder.glob("spec/*.json"))
    code, text = place.run("--dry-run")
    assert code == 0 and "resumable tiny-killed-seed0 (after epoch" in text
    code, text = place.run()
    assert code == 0, text
    killed = place.record("tiny-killed-seed0")
    assert killed.seconds["resumed_at_epoch"] >= 6

    place.write(dict(method="whole", options=options))
    assert place.run()[0] == 0
    whole = place.record("tiny-whole-seed0")
    assert "resumed_at_epoch" not in whole.seconds
    assert killed.config_sha256 == whole.config_sha256
    assert killed.scores == whole.scores


def test_ctrl_c_ends_all_and_leaves_nothing_running(place: Workplace) -> None:
    place.write(dict(method="long", seeds="0-1", options={"train_cfg.max_epochs": 5000}))
    process = place.start("--workers", "2")
    place.wait_until(lambda: len(list(place.folder.glob("work_dirs/*/*/*/config.py"))) == 2)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    try:
        text, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode == 130, text
    assert "interrupted; the same command goes on" in text and "Traceback" not in text
    place.wait_until(lambda: not processes_of(process.pid))


def test_two_invocations_share_the_work(place: Workplace) -> None:
    place.write(dict(method="shared", seeds="0-2"))
    processes = [place.start(), place.start()]
    texts = [process.communicate(timeout=600)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], texts
    assert len(read_runs([place.records])) == 3
    # each run was trained once: one checkpoint of the first epoch was written in each log
    for folder in {log.parent for log in place.folder.glob("work_dirs/**/run.log")}:
        logs = [log.read_text() for log in folder.glob("*/*.log")]
        assert "".join(logs).count("Saving checkpoint at 1 epochs") == 1


def test_slurm_tasks(place: Workplace) -> None:
    place.write(dict(method="queued", seeds="0-1"))
    fake = place.folder / "bin" / "sbatch"
    fake.parent.mkdir()
    # the tasks of the array, one after the other
    fake.write_text(
        """#!/bin/bash
for id in $(seq $(sed -n 's/^#SBATCH --array=\\([0-9]*\\)-\\([0-9]*\\).*/\\1 \\2/p' "${@: -1}")); do
    SLURM_ARRAY_TASK_ID=$id bash "${@: -1}" || exit 1
done
"""
    )
    fake.chmod(0o755)
    place.env["PATH"] = f"{fake.parent}{os.pathsep}{place.env['PATH']}"
    code, text = place.run("--slurm", "--slurm-args=--time=10")
    assert code == 0, text
    assert [record.name for _, record in read_runs([place.records])] == [
        "tiny-queued-seed0",
        "tiny-queued-seed1",
    ]


def test_protocol_that_a_record_lacks_is_scored_without_training(place: Workplace) -> None:
    place.write(dict(method="again"))
    assert place.run()[0] == 0
    path = place.records / "tiny-again-seed0.json"
    before = json.loads(path.read_text())
    path.write_text(json.dumps({**before, "scores": {}}))
    files = {path.name: path.read_bytes() for path in place.records.iterdir()}
    code, text = place.run()
    assert code == 0 and "1 run: 1 unscored" in text
    assert json.loads(path.read_text()) == before

    path.write_bytes(files[path.name])
    pack_runs(place.records)
    code, text = place.run()
    assert code == 0 and "1 run: 1 unscored" in text
    assert json.loads(path.read_text()) == before
    results = "tiny-again-seed0.results.json.gz"
    assert (place.records / results).read_bytes() == files[results], "all of a run lies together"
    assert len(pack_runs(place.records)) == 1
    assert place.run() == (0, "1 run: 1 done\n")


def test_proposals_are_scored_whatever_their_labels(place: Workplace) -> None:
    options = {
        "test_evaluator.protocol": "activitynet13/proposals",
        "test_evaluator.tiou_thresholds": None,
        "test_evaluator.class_agnostic": True,
    }
    place.write(dict(method="proposals", options=options))
    code, text = place.run()
    assert code == 0, text
    record = json.loads((place.records / "tiny-proposals-seed0.json").read_text())
    assert 0 < record["scores"]["config"]["metrics"]["AR@100"] <= 1
