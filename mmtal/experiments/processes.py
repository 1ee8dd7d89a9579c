"""Run several processes, and report a failure as one line; the scripts in tools/ start it."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_ROOT_CAUSE = re.compile(
    r"Root Cause.*?rank\s*: (?P<rank>\d+).*?exitcode\s*: (?P<code>-?\d+)"
    r"(?: \(pid: \d+\))?\s*(?P<signal>\(\w+\))?",
    re.DOTALL,
)


def run_processes(command: Sequence[str], *, errors: Path) -> None:
    """Run ``torch.distributed.run``; what the processes write to stderr goes to a file.

    The file, ``errors``, is deleted where the command succeeds. ValueError: it failed: the reason
    of the process that failed first.
    """
    env = {"PYTHONFAULTHANDLER": "1", **os.environ}  # a crash says where
    with errors.open("w", encoding="utf-8") as stream:
        code = subprocess.run(command, stderr=stream, env=env, check=False).returncode
    if code:
        text = errors.read_text(encoding="utf-8", errors="replace")
        raise ValueError(f"a process has failed: {reason(text)} (all messages: {errors})")
    errors.unlink()


def reason(text: str) -> str:
    """Why the first process failed, of all that the processes and their launcher wrote to stderr.

    That is its signal, with the last words before a crash and where it was, else the message about
    bad input, else the end of its traceback.
    """
    cause = _ROOT_CAUSE.search(text)
    if cause is None:  # the launcher itself has failed
        return text.strip().rpartition("\n")[2]
    what = f"process {cause['rank']} ended with exit code {cause['code']}"
    if cause["signal"]:
        return f"{what} {cause['signal']}{_crash(text)}"
    own = text.partition("torch/distributed/elastic")[0]
    end = rf"^(?:\[rank{cause['rank']}\]: )?(\w[\w.]*(?:Error|Exception)\b.*)$"
    message = r"^error: ((?s:.+?))\s*(?=^error: |^[IWE]\d{4} |\Z)"  # with all of its lines
    for pattern in (message, end):
        if found := re.search(pattern, own, re.MULTILINE):
            return found[1]
    return what


def _crash(text: str) -> str:
    """What Python's fault handler, and C++ before it, wrote of a crash; empty without one."""
    before, found, stack = text.partition("Fatal Python error: ")
    if not found:
        return ""
    place = re.search(r'most recent call first\):\s+File "(.+?)", line (\d+) in (.+)', stack)
    where = f", in {place[3]} ({place[1]}:{place[2]})" if place else ""
    words = before.rstrip().rpartition("\n")[2].strip()
    return f"{where}: {words}" if words else where


def main() -> None:
    """Run ``torch.distributed.run`` with the arguments of the command line."""
    handle, name = tempfile.mkstemp(prefix="mmtal_", suffix="_errors.log")
    os.close(handle)
    try:
        run_processes(
            [sys.executable, "-m", "torch.distributed.run", *sys.argv[1:]], errors=Path(name)
        )
    except ValueError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
