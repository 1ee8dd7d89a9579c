"""torch.distributed.run, whose errors are one line: python tools/launch.py [its arguments]."""

import os
import sys
import tempfile
from pathlib import Path

from mmtal.cli.entry import run_tool
from mmtal.experiments.processes import run_processes


def main() -> None:
    handle, errors = tempfile.mkstemp(prefix="mmtal_", suffix="_errors.log")
    os.close(handle)
    command = [sys.executable, "-m", "torch.distributed.run", *sys.argv[1:]]
    run_processes(command, errors=Path(errors))


if __name__ == "__main__":
    run_tool(main)
