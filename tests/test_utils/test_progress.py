"""mmtal.utils.progress: a line on a terminal, plain lines elsewhere, nothing of short work."""

import os
import pty
import subprocess
import sys

import pytest

from mmtal.utils import progress as module
from mmtal.utils.progress import progress


def test_plain_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(progress("abc", 3, text="reading")) == ["a", "b", "c"]
    assert capsys.readouterr().err == ""  # quick work says nothing
    monkeypatch.setattr(module, "QUIET_SECONDS", 0)
    list(progress("abc", 3, text="reading"))
    assert capsys.readouterr().err == "reading: 3/3\n"


SCRIPT = """
from mmtal.utils import progress
progress.QUIET_SECONDS = 0
for item in progress.progress(range(5), 5, text="reading"):
    for _ in progress.progress(range(2), 2, text="inside"):
        pass
    if item == 3:
        print("a remark")
        raise ValueError("no")
"""


def test_one_line_on_a_terminal_that_an_error_does_not_leave_behind() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        stdout=theirs,
        stderr=theirs,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHON_COLORS": "0"},  # Python 3.13 colors tracebacks
    )
    os.close(theirs)
    text = os.read(ours, 1 << 20).decode()
    os.close(ours)
    assert done.returncode == 1
    assert "reading" in text and "/5" in text and "a remark\r\n" in text
    assert text.rstrip().endswith("ValueError: no") or text.rstrip().endswith("\x1b[?25h")
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")  # the cursor is shown again
