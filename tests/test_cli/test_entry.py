"""What every command-line tool has in common."""

import subprocess
import sys
from pathlib import Path

import pytest

from mmtal.cli.entry import run_tool

LONG = "from mmtal.cli.entry import run_tool\nrun_tool(lambda: print('line\\n' * 100_000))"


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    tool = subprocess.Popen(
        [sys.executable, "-c", LONG], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert tool.stdout is not None and tool.stderr is not None
    assert tool.stdout.readline() == "line\n"
    tool.stdout.close()  # as `head -1` does
    assert (tool.wait(60), tool.stderr.read()) == (141, "")
    tool.stderr.close()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("open('{folder}/gone')", "error: {folder}/gone does not exist\n"),
        (
            "Path('{folder}/file').mkdir()",
            "error: {folder}/file is a file, where a folder is needed\n",
        ),
        ("Path('{folder}/file/a').mkdir()", "error: {folder}/file/a cannot be there: a part"),
        ("open('{folder}')", "error: {folder} is a folder, where a file is needed\n"),
        ("{{}}['a key']", "error: a key\n"),
        ("int('x')", "error: invalid literal for int() with base 10: 'x'\n"),
    ],
)
def test_errors_are_one_line_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], call: str, said: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="1"):
        run_tool(lambda: eval(call.format(folder=tmp_path)))
    lines = capsys.readouterr().err
    assert lines.startswith(said.format(folder=tmp_path))
    assert lines.count("\n") == 1


def test_the_line_is_red_where_people_read_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with pytest.raises(SystemExit):
        run_tool(lambda: int("x"))
    assert capsys.readouterr().err.startswith("\x1b[31merror: invalid literal")


def test_ctrl_c_says_what_the_command_knows(capsys: pytest.CaptureFixture[str]) -> None:
    for error, said in ((KeyboardInterrupt(), "nothing"), (KeyboardInterrupt("go on"), "go on")):

        def interrupted(error: BaseException = error) -> None:
            raise error

        with pytest.raises(SystemExit, match="130"):
            run_tool(interrupted, interrupted="nothing")
        assert capsys.readouterr().err == f"interrupted; {said}\n"


DROPPED = """
import signal, time, weakref
from mmtal.cli.entry import run_tool

class Thing:
    def __del__(self):
        {destructor}

def callback(reference):
    {callback}

def main():
    thing = Thing()
    kept = weakref.ref(thing, callback)
    del thing
    time.sleep(20)
    print("nobody listened")

run_tool(main)
"""


@pytest.mark.parametrize("where", ["destructor", "callback"])
def test_ctrl_c_where_python_drops_it_comes_again(where: str) -> None:
    code = {"destructor": "pass", "callback": "pass"}
    code[where] = "signal.raise_signal(signal.SIGINT)"
    tool = subprocess.run(
        [sys.executable, "-c", DROPPED.format(**code)], capture_output=True, text=True
    )
    assert (tool.returncode, tool.stdout) == (130, "")
    assert tool.stderr == "interrupted; nothing was written\n"


ONE_OF_SEVERAL = """
import atexit, os
import torch.distributed as dist
from mmtal.cli.entry import run_tool

class Thread:  # lets go of a tensor while the interpreter is taken apart
    def __del__(self):
        os.abort()

def main():
    global kept
    dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
    atexit.register(print, "at exit")
    kept = Thread()
    print("done")
    {last}

run_tool(main, failed=2)
"""


@pytest.mark.parametrize(
    ("last", "code", "said"),
    [
        ("pass", 0, ""),
        ("raise ValueError('no file')", 2, "error: no file\n"),
        ("raise SystemExit(3)", 3, ""),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
    ],
)
def test_a_process_of_several_ends_as_it_should(last: str, code: int, said: str) -> None:
    tool = subprocess.run(
        [sys.executable, "-c", ONE_OF_SEVERAL.format(last=last)], capture_output=True, text=True
    )
    assert (tool.returncode, tool.stdout) == (code, "done\nat exit\n")
    assert tool.stderr.endswith(said) and bool(tool.stderr) == bool(said)
