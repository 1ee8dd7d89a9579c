"""Folders with a file for each recording: which are read, and what is said of the others."""

from collections.abc import Callable
from pathlib import Path

import pytest
from valid_contents import ELAN, SHORT_TEXTGRID, SOCCERNET

from mmtal.preparation.importers import Source

TABLE, LOG = "start,end,label\n1,2,run\n", "time,label,type\n1,run,START\n2,run,STOP\n"


def test_what_programs_leave_behind_is_not_read(
    load: Callable, write: Callable, tmp_path: Path
) -> None:
    for name in ("in/a.csv", "in/._a.csv", "in/~$a.xlsx"):
        write(name, TABLE if name == "in/a.csv" else "\0")
    assert list(load(tmp_path / "in").database) == ["a"]


@pytest.mark.parametrize("text", [TABLE, LOG], ids=["table", "log"])
@pytest.mark.parametrize("empty", ["a", "b"])
def test_a_table_without_rows_is_a_recording(
    load: Callable, write: Callable, tmp_path: Path, text: str, empty: str
) -> None:
    for name in ("a", "b"):
        write(f"in/{name}.csv", text.partition("\n")[0] + "\n" if name == empty else text)
    imported = load(tmp_path / "in")
    assert imported.database[empty]["annotations"] == []
    assert len(imported.database) == 2
    assert any(f"{empty}.csv: has no row" in note for note in imported.notes)


def test_folders_below_are_said(load: Callable, write: Callable, tmp_path: Path) -> None:
    write("in/a.csv", TABLE)
    write("in/more/b.csv", TABLE)
    imported = load(tmp_path / "in")
    assert list(imported.database) == ["a"]
    assert any("1 file in folders below were not read, such as" in n for n in imported.notes)


def test_errors_name_the_file(load: Callable, write: Callable, tmp_path: Path) -> None:
    write("in/a.TextGrid", SHORT_TEXTGRID)
    write("in/b.TextGrid", SHORT_TEXTGRID.replace("1.5", "1,5"))
    with pytest.raises(ValueError, match=r"b\.TextGrid is not complete.* decimal comma"):
        load(tmp_path / "in")


def test_a_game_without_events_comes_first(load: Callable, write: Callable, tmp_path: Path) -> None:
    write("in/1/Labels-v2.json", dict(UrlLocal="x", annotations=[]))
    write("in/2/Labels-v2.json", SOCCERNET)
    database = load(tmp_path / "in").database
    assert list(database) == ["x/1", "x/2", "epl/1 - 0/1", "epl/1 - 0/2"]
    assert database["x/1"]["annotations"] == []  # what is predicted there is wrong


def test_elan_of_several_files_and_other_units(load: Callable, write: Callable) -> None:
    header = "Begin Time - ss.msec\tEnd Time - ss.msec\taction\tFile Path\n"
    rows = "1.5\t4\trun\tfile:///C:/x/a.eaf\n2\t3\tsit\tfile:///C:/x/b.eaf\n"
    database = load(write("all.txt", header + rows)).database
    assert {k: e["annotations"][0]["segment"] for k, e in database.items()} == {
        "a": [1.5, 4], "b": [2, 3]
    }  # fmt: skip
    empty = load(write("c.txt", header + "1.5\t4\trun\t\n")).database
    assert [(k, e["annotations"][0]["segment"]) for k, e in empty.items()] == [("c", [1.5, 4])]
    with pytest.raises(ValueError, match="must be in milliseconds, but are in PAL-frames"):
        load(write("a.eaf", ELAN.replace('"milliseconds"', '"PAL-frames"')), labels=("action",))
    with pytest.raises(ValueError, match="time slot 'ts2' must be in milliseconds, but is 'x'"):
        load(write("a.eaf", ELAN.replace('VALUE="4000"', 'VALUE="x"')), labels=("action",))


def test_durations_and_lists_in_the_folder_are_no_annotations(
    load: Callable, write: Callable, tmp_path: Path
) -> None:
    write("in/a.csv", TABLE)
    durations = write("in/durations.csv", "recording,duration\na,10\n")
    imported = load(tmp_path / "in", durations=durations)
    assert list(imported.database) == ["a"]
    assert imported.database["a"]["duration"] == 10


def test_lists_beside_labels_of_frames_are_no_recordings(
    load: Callable, write: Callable, tmp_path: Path
) -> None:
    write("in/a.txt", "run\nrun\nsit\n")
    listed = write("in/test.txt", "a\n")
    imported = load(tmp_path / "in", lists=[Source(listed, "validation")], fps=1)
    assert {name: entry["subset"] for name, entry in imported.database.items()} == {
        "a": "validation"
    }
