"""mmtal data import: from files to files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

TABLE = "video,begin,end,class,subject,site\n" + "".join(
    f"{'ab'[k % 2]}{k},{k}.5,{k + 3},{'run' if k % 3 else 'jump'},s{k // 2},x\n" for k in range(12)
)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The tool runs in a folder with a table."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)


def read(name: str) -> dict:
    return json.loads(Path(name).read_text())["database"]


def test_import_and_what_it_tells(run: Run) -> None:
    code, text, error = run("t.csv", "--out", "data/ann.json", "--fps", 25)
    assert code == 0, error
    assert len(read("data/ann.json")) == 12
    assert text.startswith("read as: csv\n")
    assert "| training |         12 |     ? |        12 |       2 |           0 |" in text
    assert "note: t.csv: columns not used: site" in text
    assert "note: t.csv: says no subsets; recordings are 'training' unless" in text
    assert text.rstrip().endswith(
        "next: mmtal data verify --ann data/ann.json --features FOLDER_OF_FEATURES"
    )


def test_json(run: Run) -> None:
    code, text, _ = run("t.csv", "--out", "a.json", "--shares", "x=0.5", "y=0.5", "--json")
    found = json.loads(text)
    assert (
        code == 0 and found["formats"] == ["csv"] and "columns not used: site" in found["notes"][0]
    )
    assert sum(part["recordings"] for part in found["files"]["a.json"].values()) == 12


def test_a_class_in_two_spellings(run: Run) -> None:
    """Stops, unless both names are in the file of classes."""
    for name, label in (("1", "jump"), ("2", "jmup")):
        Path(f"{name}.csv").write_text(f"recording,start,end,label\n{name},1,2,{label}\n")
    Path("c.txt").write_text("jump\njmup\n")
    sources = ("training=1.csv", "test=2.csv", "--out", "a.json")
    code, _, error = run(*sources)
    assert code == 2 and "did you mean" in error and not Path("a.json").exists()
    code, text, _ = run(*sources, "--classes", "c.txt")
    assert code == 0
    assert "classes of one split only: 1 of 'training' (jump); 1 of 'test' (jmup)" in text


def test_the_advice_to_name_background_works(run: Run) -> None:
    Path("b.csv").write_text("recording,start,end,label\na,1,2,run\na,2,3,Sit\n")
    Path("c.txt").write_text("run\n")
    words = ("b.csv", "--out", "a.json", "--classes", "c.txt")
    code, _, error = run(*words)
    assert code == 2 and "name it with --background to leave it out" in error
    code, text, _ = run(*words, "--background", "sit")
    assert code == 0 and "| background" in text
    assert len(json.loads(Path("a.json").read_text())["database"]["a"]["annotations"]) == 1


def test_lists_count(run: Run) -> None:
    """Each of them, and none that lists nothing."""
    for name in ("one.txt", "two.txt", "none.txt"):
        Path(name).write_text({"one.txt": "a\n", "two.txt": "b\n"}.get(name, "\n"))
    Path("b.csv").write_text("recording,start,end,label\na,1,2,run\nb,2,3,run\nc,1,2,run\n")
    for words, message in (
        (("test=one.txt", "test=two.txt"), "--lists: 'test' is given twice"),
        (("test=none.txt",), "none.txt: lists no recording of 'test'"),
    ):
        code, _, error = run("b.csv", "--out", "a.json", "--lists", *words)
        assert code == 2 and message in error


def test_there_and_back(run: Run) -> None:
    assert run("t.csv", "--out", "1.json", "--fps", 25)[0] == 0
    code, text, _ = run("1.json", "--out", "2.csv")
    assert code == 0 and "verify_dataset" not in text
    assert run("2.csv", "--out", "3.json")[0] == 0
    assert Path("3.json").read_text() == Path("1.json").read_text()


def test_left_out_rows_are_shown(run: Run) -> None:
    Path("Ambiguous_test.txt").write_text("video_test_1 1 2\n")
    Path("Run_test.txt").write_text("video_test_1 1 2\n")
    code, text, _ = run("Run_test.txt", "Ambiguous_test.txt", "--out", "a.json")
    assert code == 0
    assert "| marked as ambiguous |    1 |" in text


def test_split(run: Run) -> None:
    arguments = ["t.csv", "--shares", "training=0.5", "validation=0.5", "--group", "subject"]
    code, text, error = run(*arguments, "--out", "a.json", "--seed", 3)
    assert code == 0, error
    assert "| class         | training | validation |" in text
    subsets = {}
    for entry in read("a.json").values():
        assert subsets.setdefault(entry["group"], entry["subset"]) == entry["subset"]
    assert set(subsets.values()) == {"training", "validation"}
    run(*arguments, "--out", "b.json", "--seed", 3)
    assert Path("a.json").read_text() == Path("b.json").read_text()


def test_folds_by_a_pattern(run: Run) -> None:
    code, text, error = run("t.csv", "--out", "a.json", "--folds", 2, "--group", r"^(\w)\d+")
    assert code == 0, error
    assert "written: a_fold0.json, a_fold1.json" in text and not Path("a.json").exists()
    for fold in range(2):
        found = {(name[0], entry["subset"]) for name, entry in read(f"a_fold{fold}.json").items()}
        assert len(found) == 2  # all of a in one, all of b in the other


def test_all_options_reach_the_import(run: Run, tmp_path: Path) -> None:
    Path("labels").mkdir()
    for name in "xy":
        Path(f"labels/{name}.txt").write_text("SIL\n" * 2 + "run\n" * 2 + "jump\n" * 2)
    Path("c.txt").write_text("0 SIL\n1 run\n2 jump\n")
    Path("l.txt").write_text("x\n")
    Path("d.csv").write_text("recording,duration\nx,3.5\n")
    code, _, error = run(
        "labels", "--format", "frames", "--fps", 2, "--classes", "c.txt", "--background", "sil",
        "--lists", "test=l.txt", "--durations", "d.csv", "--out", "a.json",
    )  # fmt: skip
    assert code == 0, error
    found = read("a.json")
    assert found["x"] == {
        "subset": "test",
        "duration": 3.5,
        "fps": 2.0,
        "annotations": [
            {"label": "run", "label_id": 0, "segment": [1.0, 2.0]},
            {"label": "jump", "label_id": 1, "segment": [2.0, 3.0]},
        ],
    }
    assert found["y"]["subset"] == "training"  # the rest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv"], "none.csv does not exist"),
        (["t.csv", "--columns", "start"], "--columns must be NAME=VALUE, but got 'start'"),
        (["t.csv", "--shares", "a=0.5", "b=0.6"], "whose sum is 1"),
        (["t.csv", "--shares", "a=half", "b=0.5"], "must be SUBSET=NUMBER, but got 'half'"),
        (["t.csv", "--shares", "a=0.5", "b=0.5", "--folds", "2"], "not both"),
        (["t.csv", "--folds", "13"], "13 subsets need at least as many"),
        (["t.csv", "--subset", "training"], "--subset is for --shares and --folds"),
        (["t.csv", "--format", "thumos"], "13 rows cannot be read"),
        (["t.csv", "--classes", "none.txt"], "does not exist"),
        (["t.csv", "--out", "a.txt"], "must end in .json"),
        (["t.csv", "--out", "t.csv"], "would overwrite the source t.csv"),
        (["t.csv", "--durations", "d.csv"], "the times look like frames"),
    ],
)
def test_bad_input_is_one_error_and_nothing_is_written(
    run: Run, arguments: list[str], message: str
) -> None:
    rows = (line.split(",")[0] for line in TABLE.split("\n")[1:-1])
    Path("d.csv").write_text("recording,duration\n" + "".join(f"{row},0.1\n" for row in rows))
    before = sorted(Path().iterdir())
    code, _, error = run("--out", "a.json", *arguments)
    assert code == 2
    assert sum(line.startswith("error:") for line in error.splitlines()) == 1
    assert message in error and "Traceback" not in error
    assert sorted(Path().iterdir()) == before
