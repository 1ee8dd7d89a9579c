"""What is said once is counted, also in the processes of a loader."""

import subprocess
import sys
import warnings

import pytest

from mmtal.cli.entry import run_tool

WORKERS = """
import logging, warnings
import torch
from mmengine.logging import MMLogger, print_log
from mmtal.cli.entry import run_tool
from mmtal.engine.terminal import terminal_handler

class Odd(torch.utils.data.Dataset):
    def __len__(self):
        return 6
    def __getitem__(self, index):
        warnings.warn("a sample is odd")
        print_log("a file is odd", "current", logging.WARNING)
        return index

def main():
    terminal_handler(MMLogger.get_current_instance())
    list(torch.utils.data.DataLoader(Odd(), num_workers=2))
    raise ValueError("the end")

run_tool(main)
"""


def test_workers_say_a_warning_once_and_the_number_comes_before_the_error() -> None:
    done = subprocess.run([sys.executable, "-c", WORKERS], capture_output=True, text=True)
    lines = done.stderr.splitlines()
    assert done.stdout == "warning: a file is odd\n", done.stderr
    assert sum("warning: a sample is odd" in line for line in lines) == 1
    assert sorted(lines)[:2] == [
        "5 more times: a file is odd",
        "5 more times: a sample is odd (<string>:12)",
    ]
    assert lines[-1] == "error: the end"


def test_a_warning_that_came_once_has_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    for text, said in (("rare", "warning: rare"), ("rare", "1 more time: rare")):
        with warnings.catch_warnings():  # those of the tests' own
            run_tool(lambda text=text: warnings.warn(text, stacklevel=1))
        found = capsys.readouterr().err
        assert found.startswith(said) and found.count("\n") == 1
    run_tool(lambda: None)
    assert capsys.readouterr().err == "", "it has been said"
