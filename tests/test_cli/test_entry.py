"""What every command-line tool has in common."""

import subprocess
import sys

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
