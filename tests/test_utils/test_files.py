"""Files appear whole or not at all."""

import errno
import json
from pathlib import Path

import pytest

from mmtal.utils.files import check_writable, whole_file, write_json, write_text


def test_what_fails_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "metrics.json"  # the folder is made
    write_json(path, {"mAP": 0.5})
    with pytest.raises(TypeError):
        write_json(path, {"mAP": object()})
    with pytest.raises(TypeError), whole_file(path) as temporary:
        temporary.write_text(None)
    assert json.loads(path.read_text()) == {"mAP": 0.5}
    assert [file.name for file in path.parent.iterdir()] == ["metrics.json"]


def test_the_temporary_file_keeps_the_ending_and_others_may_read_the_result(tmp_path: Path) -> None:
    with whole_file(tmp_path / "picture.svg") as temporary:
        assert temporary.suffix == ".svg" and temporary.parent == tmp_path
        temporary.write_text("<svg/>")
    assert (tmp_path / "picture.svg").stat().st_mode & 0o777 == 0o644


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", "ä\r\nb\n")
    assert (tmp_path / "a.csv").read_bytes() == "ä\r\nb\n".encode()


def test_what_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "a.json")
    assert not list((tmp_path / "new").iterdir()), "nothing is left behind"
    (tmp_path / "file").touch()
    for path in (tmp_path / "new", tmp_path / "file" / "a.json"):
        with pytest.raises(OSError, match=path.parent.name):
            check_writable(path)


def test_an_unwritable_folder_is_told_by_the_name_of_the_file_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", "/somewhere/.q1w2e3.a.json")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    told = f"^cannot write {tmp_path / 'a.json'}: Permission denied$"
    with pytest.raises(PermissionError, match=told):
        write_text(tmp_path / "a.json", "{}")
    with pytest.raises(PermissionError, match=told):
        check_writable(tmp_path / "a.json")


def test_a_full_disk_is_said_of_the_file_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_text(path, "old")
    with pytest.raises(OSError, match=rf"cannot write {path}: No space left"), whole_file(path):
        raise OSError(errno.ENOSPC, "No space left on device")  # as write() raises it
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]
    with pytest.raises(FileNotFoundError, match="gone"), whole_file(path):
        (tmp_path / "gone").read_text()  # what else fails in the block keeps its name


def test_folders_that_cannot_be_made_say_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for call in (write_text, lambda path, _: check_writable(path)):
        with pytest.raises(OSError, match=rf"{tmp_path}/file/a cannot be made: .*/file is a file"):
            call(tmp_path / "file" / "a" / "b.json", "")
