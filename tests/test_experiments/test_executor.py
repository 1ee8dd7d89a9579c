"""mmtal.experiments.executor: processes, their share of the machine, their failures and death."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from mmtal.experiments.executor import Outcome, Slot, run_jobs, slots, submit_array, visible_gpus


@dataclass(frozen=True)
class Task:
    """A job that does what it is called."""

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"


def do(task: Task) -> Any:
    print(f"{task.name} has {torch.get_num_threads()} threads")
    if task.name == "fails":
        raise ValueError("no\nmore lines")
    if task.name == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if task.name == "leaves":
        os._exit(3)
    if task.name == "unsendable":
        return lambda: None
    if task.name == "sleeps":
        time.sleep(600)
    return "x" * 1_000_000  # more than a pipe holds


def text_of(outcome: Outcome[Task]) -> str:
    return outcome.failure if outcome.error else f"{len(outcome.value)} long"


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)


def test_what_one_job_does_is_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["fails", "killed", "leaves", "unsendable", "fine"]
    outcomes = run_jobs(do, [Task(name, tmp_path) for name in names], text_of, total=5)
    assert [outcome.job.name for outcome in outcomes] == names
    assert [outcome.error for outcome in outcomes[:3]] == [
        "ValueError: no",
        "its process ended with SIGKILL, out of memory?",
        "its process ended with exit code 3",
    ]
    # Python 3.13 says "get" where older ones say "pickle"
    assert "local object 'do.<locals>.<lambda>'" in outcomes[3].error
    assert outcomes[4].error == "" and len(outcomes[4].value) == 1_000_000
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith(f"[1/5] fails: FAILED (ValueError: no; {tmp_path}/fails.log); about")
    assert lines[4] == "[5/5] fine: 1000000 long"
    assert "Traceback" in (tmp_path / "fails.log").read_text()
    assert (tmp_path / "fine.log").read_text().startswith("fine has ")


def test_the_next_job_is_taken_when_there_is_a_place(tmp_path: Path) -> None:
    ended: list[str] = []

    def jobs() -> Any:
        for number in range(3):
            assert len(ended) == number  # one worker
            yield Task(str(number), tmp_path)

    def on_end(outcome: Outcome[Task]) -> str:
        ended.append(outcome.job.name)
        return ""

    run_jobs(do, jobs(), on_end, workers=1)
    assert ended == ["0", "1", "2"]


def test_an_exception_ends_all_processes(tmp_path: Path) -> None:
    def on_end(outcome: Outcome[Task]) -> str:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_jobs(do, [Task("sleeps", tmp_path), Task("fine", tmp_path)], on_end, workers=2)
    assert time.monotonic() - started < 60


DEVICES: list = [
    ("none", 0, None, []),
    ("all", 3, None, ["0", "1", "2"]),
    ("some of them", 2, "4,7", ["4", "7"]),
    ("by name, one of them gone", 1, "GPU-a,GPU-b", ["GPU-a"]),
]


@pytest.mark.parametrize(("why", "count", "named", "found"), DEVICES, ids=[c[0] for c in DEVICES])
def test_gpus_are_those_that_this_process_may_use(
    monkeypatch: pytest.MonkeyPatch, why: str, count: int, named: Any, found: list
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible_gpus() == found


def test_slots_share_gpus_and_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    assert slots(3, ["0", "1"]) == [Slot("0", 5), Slot("1", 5), Slot("0", 5)]
    assert slots(32, []) == [Slot(None, 1)] * 32
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert slots(1, []) == [Slot(None, 2)]


def fake_sbatch(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    (folder / "sbatch").write_text(f"#!/bin/bash\n{body}\n")
    (folder / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_job_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_sbatch(tmp_path, monkeypatch, 'echo "$@"')
    printed = submit_array(
        ["a-seed0", "a-seed1"],
        ["run", "a spec.yaml", "--only="],
        tmp_path,
        at_once=4,
        slurm_args="--gres=gpu:1 --comment='two words'",
    )
    assert printed == f"--gres=gpu:1 --comment=two words {tmp_path}/slurm.sh"
    script = (tmp_path / "slurm.sh").read_text()
    assert "#SBATCH --array=0-1%4\n" in script
    assert "names=(a-seed0 a-seed1)\n" in script
    assert "run 'a spec.yaml' --only=\"${names[" in script


def test_sbatch_that_refuses_or_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_sbatch(tmp_path, monkeypatch, "echo no such partition >&2; exit 1")
    with pytest.raises(ValueError, match=r"sbatch refused .*slurm\.sh: no such partition"):
        submit_array(["a"], ["run", "spec.yaml"], tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="--slurm needs sbatch"):
        submit_array(["a"], ["run", "spec.yaml"], tmp_path)
