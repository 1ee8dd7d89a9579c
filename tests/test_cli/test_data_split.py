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
    code, _, error = run("--ann", "ann.json", "--out", "out.json", *words)
    assert (code, message in error) == ((2, True) if message else (0, True))


def test_export(capsys: pytest.CaptureFixture[str]) -> None:
    main(["data", "export", "--ann", "ann.json", "--out", "t.csv", "--subset", "ALL"])
    assert "t.csv: 12 recordings" in capsys.readouterr().out
    assert len(Path("t.csv").read_text().splitlines()) == 13
    with pytest.raises(SystemExit) as stop:
        main(["data", "export", "--ann", "ann.json", "--out", "t.csv", "--subset", "tset"])
    assert stop.value.code == 2
    assert "no subset 'tset'; there is all" in capsys.readouterr().err


def test_export_for_a_tool(run_export: Callable, annotations: dict) -> None:
    """A file, or a folder with a file for each recording; predictions and media if given."""
    assert "t.boris: 12 recordings, 12 instances\n" in run_export("--out", "t.boris")
    text = run_export("--out", "tiers", "--to", "elan")
    assert "12 files" in text and len(list(Path("tiers").glob("*.eaf"))) == 12
    found = [
        dict(label="run", score=score, segment=[start, start + 1])
        for start, score in ((3, 0.75), (5, 0.2))
    ]
    Path("results.json").write_text(json.dumps(dict(version="1", results=dict(a0=found, b1=[]))))
    Path("videos").mkdir()
    Path("videos/a0.mp4").write_bytes(b"")
    run_export("results.json", "--out", "p.boris", "--media", "videos", "--score-thr", 0.5)
    observations = json.loads(Path("p.boris").read_text())["observations"]
    assert list(observations) == ["a0", "b1"]
    assert observations["a0"]["events"] == [
        [3.0, "", "run", "", "score=0.75"], [4.0, "", "run", "", "score=0.75"],
    ]  # fmt: skip
    assert observations["a0"]["file"]["1"] == [str(Path("videos/a0.mp4").absolute())]
    with pytest.raises(SystemExit):
        run_export("--out", "x")


def test_export_says_what_it_leaves_out(
    run_export: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    def results(*segments: list[float]) -> str:
        found = [dict(label="run", score=0.75, segment=segment) for segment in segments]
        Path("r.json").write_text(json.dumps(dict(version="1", results=dict(a0=found, b1=found))))
        return "r.json"

    text = run_export(results([1, 2]), "--out", "p.csv", "--score-thr", 0.9)
    assert "left out: 10 recordings without results" in text
    assert "all 2 detections score below 0.9 (--score-thr)" in text
    with pytest.raises(SystemExit):
        run_export(results([2, 1]), "--out", "q.csv")
    assert "2 of 2 detections end before they start" in capsys.readouterr().err
    assert not Path("q.csv").exists()


@pytest.fixture
def run_export(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def call(*arguments: object) -> str:
        main(["data", "export", "--ann", "ann.json", *map(str, arguments)])
        return capsys.readouterr().out

    return call
