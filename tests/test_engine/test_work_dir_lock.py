"""One training at a time in a work dir."""

import errno
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mmtal.engine import work_dir_lock
from mmtal.engine.work_dir_lock import training_in

HOLD = """
import socket, sys, time
if len(sys.argv) > 2:
    socket.gethostname = lambda: sys.argv[2]
from mmtal.engine.work_dir_lock import training_in
with training_in(sys.argv[1]):
    print("begun", flush=True)
    time.sleep(60)
"""


def test_the_second_is_refused_while_the_first_lives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    with first:
        assert first.stdout.readline() == "begun\n"
        with (
            pytest.raises(ValueError, match=rf"process {first.pid} on .* is running in"),
            training_in(tmp_path),
        ):
            raise AssertionError("it has begun")
        first.kill()
    with training_in(tmp_path):
        pass
    assert f"process {first.pid} on" in (said := capsys.readouterr().out)
    assert "has ended without finishing" in said
    with training_in(tmp_path):
        pass
    assert capsys.readouterr().out == ""


def test_a_lock_that_another_host_has_left_is_said_and_can_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file server, or a lock that is a mere file, may hold it although the host is gone."""
    code = [sys.executable, "-c", HOLD, str(tmp_path), "node7"]
    with subprocess.Popen(code, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None and first.stdout.readline() == "begun\n"
        message = rf"process {first.pid} on node7, begun .* is running in .*delete (\S+)\)"
        with pytest.raises(ValueError, match=message) as error, training_in(tmp_path):
            raise AssertionError("it has begun")
        Path(re.search(message, str(error.value))[1]).unlink()
        said: list[str] = []
        monkeypatch.setattr(work_dir_lock, "print_log", lambda text, _: said.append(text))
        with training_in(tmp_path):
            first.kill()
    assert re.search(r"on node7, begun .* has ended without finishing", said[0])


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with training_in(tmp_path):
        message = r"is running in .*delete (\S+)\)"
        with pytest.raises(ValueError, match=message) as error, training_in(tmp_path):
            raise AssertionError("it has begun")
        Path(re.search(message, str(error.value))[1]).unlink()
    with training_in(tmp_path):
        pass


def test_other_ranks_leave_it_to_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    with training_in(tmp_path, "none"), training_in(tmp_path, "pytorch"):
        pass
    with pytest.raises(ValueError, match="is running in"), training_in(tmp_path):  # noqa: SIM117
        with training_in(tmp_path):
            pass


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "no checkpoint was saved yet"),
        (["epoch_1.pth", "epoch_2.pth"], r"--resume goes on from .*epoch_2\.pth"),
    ],
)
def test_after_ctrl_c(tmp_path: Path, files: list[str], said: str) -> None:
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(KeyboardInterrupt, match=said), training_in(tmp_path):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("work_dir", "message"),
    [
        ("file", r"the folder .*/file cannot be made: .*/file is a file\. Choose another --work-"),
        ("file/work", r"the folder .*/file/work cannot be made: .*/file is a file"),
        ("/proc/work", r"the folder /proc/work cannot be made: No such file or directory"),
        ("/proc", r"nothing can be written to /proc: "),
    ],
)
def test_where_no_work_dir_can_be(tmp_path: Path, work_dir: str, message: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=message), training_in(tmp_path / work_dir):
        pass
