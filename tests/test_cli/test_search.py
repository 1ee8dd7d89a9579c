"""mmtal search."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import make_dataset, write_config

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    monkeypatch.chdir(tmp_path)
    data = make_dataset(tmp_path / "data")
    return [write_config(tmp_path / "config.py", data), "--data-path", data, "--work-dir", "mine"]


FAILURES = [
    ("unknown value", ["--vary", "model.backbone.dropuot=float(0, 1)"], "'model.backbone.dropout'"),
    ("no range", ["--vary", "epochs"], "KEY=RANGE"),
    ("wrong way round", ["--vary", "epochs=int(4, 1)"], "low < high"),
    ("no space", ["--space", "missing.yaml"], "missing.yaml does not exist"),
    ("varied and fixed", ["--vary", "epochs=int(1, 2)", "--cfg-options", "train_cfg.max_epochs=9"],
     "--cfg-options sets it"),
    ("no trials", ["--trials", "0"], "--trials must be >= 1"),
    ("share", ["--val-share", "1.5"], "--val-share must be"),
    ("fixed value unknown", ["--cfg-options", "modell.x=1"], "did you mean 'model'"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "args", "text"), FAILURES, ids=[case[0] for case in FAILURES])
def test_failure_is_one_line(run: Run, case: list, why: str, args: list, text: str) -> None:
    code, _, error = run(*case, *args)
    assert code == 2
    assert error.startswith("error: ") and text in error
    assert error.count("\n") == 1
    assert not Path("mine/study.db").exists()


def test_missing_data(run: Run, case: list) -> None:
    code, _, error = run(case[0], "--data_path", "nowhere")
    assert code == 2 and "--data-path nowhere is not a folder" in error


def test_without_optuna(run: Run, case: list, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("mmtal.experiments.search")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optuna", None)
    code, _, error = run(*case)
    assert code == 2 and "pip install 'mmtal[search]'" in error
