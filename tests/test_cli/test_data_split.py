"""mmtal data split, and mmtal data export."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mmtal.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def annotations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    monkeypatch.chdir(tmp_path)
    database = {
        f"{person}{number}": dict(
            subset="all", duration=9.0, fps=2.0,
            annotations=[dict(label="run", label_id=0, segment=[1.0, 2.0])],
        )
        for person in "abcd" for number in range(3)
    }  # fmt: skip
    Path("ann.json").write_text(json.dumps(dict(database=database)))
    return database


def test_json(run: Run) -> None:
    code, text, _ = run(
        "--ann", "ann.json", "--out", "s.json", "--shares", "x=0.5", "y=0.5", "--json"
    )
    assert code == 0
    assert json.loads(text)["files"]["s.json"]["x"] == {
        "recordings": 6, "seconds": 54.0, "instances": {"run": 6}
    }  # fmt: skip


def subsets(path: str) -> dict[str, str]:
    database = json.loads(Path(path).read_text())["database"]
    return {name: entry["subset"] for name, entry in database.items()}


def test_shares_keep_groups_together(run: Run, annotations: dict) -> None:
    code, text, error = run(
        "--ann", "ann.json", "--out", "new.json", "--shares", "training=0.75", "test=0.25",
        "--group", r"^(\w)\d",
    )  # fmt: skip
    assert code == 0, error
    assert "| training | test" in text
    found = subsets("new.json")
    assert Counter(found.values()) == {"training": 9, "test": 3}
    assert len({(name[0], subset) for name, subset in found.items()}) == 4
    entry = json.loads(Path("new.json").read_text())["database"]["a0"]
    assert entry["annotations"] == annotations["a0"]["annotations"] and entry["fps"] == 2


def test_folds(run: Run) -> None:
    assert run("--ann", "ann.json", "--out", "f.json", "--folds", 3)[0] == 0
    tested = [name for k in range(3) for name, s in subsets(f"f_fold{k}.json").items()
              if s == "validation"]  # fmt: skip
    assert len(tested) == len(set(tested)) == 12


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give --shares, such as"),
        (["--shares", "a=0.5", "b=0.6"], "whose sum is 1"),
        (["--shares", "a=x", "b=1"], "must be SUBSET=NUMBER, but got 'x'"),
        (["--folds", "2", "--out", "ann_fold0.json"], ""),
    ],
)
def test_bad_input(run: Run, words: list[str], message: str) -> None:
    code, _, error = run("--ann", "ann.json", "--out", "ann.json", *words)
    assert (code, message in error) == ((2, True) if message else (0, True))


def test_export(capsys: pytest.CaptureFixture[str]) -> None:
    main(["data", "export", "--ann", "ann.json", "--out", "t.csv", "--subset", "ALL"])
    assert "t.csv: 12 recordings" in capsys.readouterr().out
    assert len(Path("t.csv").read_text().splitlines()) == 13
    with pytest.raises(SystemExit) as stop:
        main(["data", "export", "--ann", "ann.json", "--out", "t.csv", "--subset", "tset"])
    assert stop.value.code == 2
    assert "no subset 'tset'; there is all" in capsys.readouterr().err
