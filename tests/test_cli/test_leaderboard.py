"""The tool as a user meets it."""

import json
from pathlib import Path

import pytest

from mmtal.experiments.leaderboard.record import write_record
from tests.made_records import made_record, write_run


def write(folder: Path, method: str, figures: list[float]) -> None:
    for seed, value in enumerate(figures):
        write_record(folder, made_record(method, seed, map_=value))


# ---------------------------------------------------------------- table


def test_table_to_terminal_and_files(run, tmp_path: Path) -> None:
    for seed in range(2):
        write_run(tmp_path / "records", "A", seed, 0.2)
    out = [tmp_path / "t.md", tmp_path / "t.html"]
    code, text, _ = run("table", tmp_path / "records", "--markdown", out[0], "--html", out[1])
    assert code == 0 and "made/up" in text and f"written: {out[1]}" in text
    assert "thumos14" not in text  # without records: in the files only
    for path in out:
        content = path.read_text(encoding="utf-8")
        assert "made/up" in content and "thumos14/official-212" in content
    picture = "images/made_up.png"
    assert f"]({picture})" in out[0].read_text(encoding="utf-8")
    assert (tmp_path / picture).stat().st_size > 1000
    assert "thumos14/opentad-211" in run("table", tmp_path / "records", "--all")[1]
    [table] = json.loads(run("table", tmp_path / "records", "--json")[1])
    [row] = [row for row in table["rows"] if row["measured"]]
    assert (table["benchmark"], row["method"]) == ("made", "A")
    assert len(row["figures"]["mAP"]) == 2


def test_table_without_records_shows_what_is_published(run) -> None:
    code, text, _ = run("table")
    assert code == 0 and "66.83" in text and "configs/actionformer/thumos_i3d.py" in text


def test_table_names_missing_runs_of_several_specs_without_the_data(run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(
            f"rows: [{{benchmark: b, method: {name}, config: demo, data: '${{NOT_SET}}/x', "
            "protocols: hapt/demo, seeds: 0-2}]"
        )
    code, text, _ = run("table", "--spec", tmp_path / "one.yaml", tmp_path / "two.yaml")
    assert code == 0
    for name in ("one", "two"):
        path = tmp_path / f"{name}.yaml"
        assert f"none of 3 runs is there: mmtal leaderboard run {path} --only 'b-{name}-*'" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "folder of records nowhere does not exist"),
        (["--spec", "nowhere.yaml"], "spec nowhere.yaml does not exist"),
        (["--published", "nowhere.yaml"], "file of published figures nowhere.yaml does not exist"),
    ],
)
def test_table_of_what_is_not_there(run, arguments: list[str], message: str) -> None:
    code, _, error = run("table", *arguments)
    assert code == 2 and message in error and "Traceback" not in error


def test_table_of_a_broken_record(run, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    code, _, error = run("table", tmp_path)
    assert code == 2 and "x.json is no record of a run: missing" in error
    code, _, error = run("table", tmp_path / "x.json")
    assert code == 2 and "x.json is a file" in error


@pytest.mark.parametrize("command", ["table", "check"])
def test_a_folder_without_records_is_an_error(run, tmp_path: Path, command: str) -> None:
    write(tmp_path / "accepted", "A", [0.6])
    (tmp_path / "new").mkdir()
    accepted = ["--accepted", tmp_path / "accepted"] if command == "check" else []
    code, _, error = run(command, tmp_path / "new", *accepted)
    assert code == 2 and "new holds none" in error


# ---------------------------------------------------------------- check


@pytest.mark.parametrize(
    ("new", "code", "last"),
    [
        ({"A": [0.6]}, 0, "1 as before"),
        ({"A": [0.2]}, 1, "1 fell"),
        ({"A": [0.9]}, 0, "1 rose"),
        ({"A": [0.6], "N": [0.1]}, 0, "1 as before, 1 new"),
        ({"N": [0.1]}, 2, "1 new"),  # nothing was compared: no success
        ({"A": [0.6], "one seed": [0.6]}, 0, "2 as before"),
    ],
)
def test_check(run, tmp_path: Path, new: dict[str, list[float]], code: int, last: str) -> None:
    accepted = tmp_path / "accepted"
    for method, figures in {"A": [0.58, 0.6, 0.62], "one seed": [0.6], "B": [0.1, 0.2]}.items():
        write(accepted, method, figures)
    for method, figures in new.items():
        write(tmp_path / "new", method, figures)
    found, text, _ = run("check", tmp_path / "new", "--accepted", accepted)
    assert (found, text.splitlines()[-1]) == (code, last)
    assert "Accepted, without a new run: " in text and "made/up B" in text


def test_check_says_what_fell_by_how_much_and_against_which_bound(run, tmp_path: Path) -> None:
    write(tmp_path / "accepted", "A", [0.60, 0.61, 0.62])
    write_record(tmp_path / "new", made_record("A", 0, map_=0.5, device="GPU"))
    code, text, _ = run("check", tmp_path / "new", "--accepted", tmp_path / "accepted", "--json")
    [found] = json.loads(text)
    assert (code, found["verdict"], found["new"]) == (1, "fell", [0.5])
    code, text, _ = run("check", tmp_path / "new", "--accepted", tmp_path / "accepted")
    assert code == 1
    row = next(line for line in text.splitlines() if line.startswith("| made/up"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    # 61 - t(0.99, 2) * 1 * sqrt(1 / 3 + 1), t = 6.965
    assert cells == ["made/up", "A", "mAP", "61.00 ± 1.00 (3)", "50.00 (1)", "-11.00", "1.00",
                     "> 52.96", "fell"]  # fmt: skip
    assert "made/up A: device CPU, 1 thread -> GPU" in text


def test_check_refuses_what_it_cannot_compare(run, tmp_path: Path) -> None:
    write(tmp_path / "accepted", "A", [0.60, 0.61, 0.62])
    other = {"annotations_sha256": "another"}
    write_record(tmp_path / "new", made_record("A", 0, map_=0.6, data=other))
    code, text, _ = run("check", tmp_path / "new", "--accepted", tmp_path / "accepted")
    assert code == 2 and "differ in their annotations" in text
    code, _, error = run("check", tmp_path / "nowhere", "--accepted", tmp_path / "accepted")
    assert code == 2 and "nowhere does not exist" in error
    code, _, error = run(
        "check", tmp_path / "new", "--accepted", tmp_path / "accepted", "--confidence", "2"
    )
    assert code == 2 and "confidence must lie in (0.5, 1), but got 2.0" in error
