"""Several processes fail: one line says why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmtal.experiments.processes import reason, run_processes

LAUNCHER = """E1128 20:14 torch/distributed/elastic/multiprocessing/api.py:1002] failed (exitcode)
Traceback (most recent call last):
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
Root Cause (first observed failure):
[0]:
  time      : 2026-11-28_20:15:52
  rank      : 1 (local_rank: 1)
  exitcode  : {exit}
  error_file: <N/A>
"""
BUG = """[rank0]: RuntimeError: Connection closed by peer
[rank1]: Traceback (most recent call last):
[rank1]:     raise RuntimeError("shape")
[rank1]: RuntimeError: shapes differ
"""
CRASH = """terminate called after throwing an instance of 'gloo::IoException'
  what():  [pair.cc:534] Connection closed by peer
Fatal Python error: Aborted

Current thread 0x00007f2d0348bb80 (most recent call first):
  File "/code/run.py", line 6 in collect
  File "/code/run.py", line 9 in <module>
"""
CASES = [
    ("bad input", "warning\nerror: no such file\nerror: no such file\n", "1 (pid: 9)",
     "no such file"),
    ("bad data", "error: cannot be used\n  - a: missing\nerror: cannot be used\n", "1 (pid: 9)",
     "cannot be used\n  - a: missing"),
    ("a bug", BUG, "1 (pid: 9)", "RuntimeError: shapes differ"),
    ("killed", "[rank0]: RuntimeError: Connection reset\n", "-9 (pid: 9)  (SIGKILL)",
     "process 1 ended with exit code -9 (SIGKILL)"),
    ("crashed", CRASH, "-6 (pid: 9)  (SIGABRT)",
     "process 1 ended with exit code -6 (SIGABRT), in collect (/code/run.py:6): "
     "what():  [pair.cc:534] Connection closed by peer"),
    ("without a word", "", "3 (pid: 9)", "process 1 ended with exit code 3"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "said", "exit_", "expected"), CASES, ids=[c[0] for c in CASES])
def test_reason(why: str, said: str, exit_: str, expected: str) -> None:
    assert reason(said + LAUNCHER.format(exit=exit_)) == expected


def test_the_launcher_fails(tmp_path: Path) -> None:
    errors = tmp_path / "errors.log"
    code = "import sys; print('usage', file=sys.stderr); sys.exit('no such option')"
    with pytest.raises(ValueError, match=r"failed: no such option \(all messages: .*errors\.log"):
        run_processes([sys.executable, "-c", code], errors=errors)
    assert errors.read_text() == "usage\nno such option\n"
    run_processes([sys.executable, "-c", ""], errors=errors)
    assert not errors.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys; print('error: bad data', file=sys.stderr); sys.exit(1)", "bad data "),
        ("import os; os.abort()", r"process \d ended .*SIGABRT\), in <module> \(.*script.py:1\) "),
    ],
    ids=["bad data", "a crash"],
)
def test_real_processes(tmp_path: Path, code: str, expected: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(code)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    with pytest.raises(ValueError, match=f"a process has failed: {expected}"):
        run_processes([*command, str(script)], errors=tmp_path / "errors.log")


def test_the_scripts_start_it(tmp_path: Path) -> None:
    """Its arguments reach the launcher, which refuses these at once."""
    tool = subprocess.run(
        [sys.executable, "-m", "mmtal.experiments.processes", "--nproc-per-node"],
        capture_output=True, text=True, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert tool.returncode == 1
    assert tool.stderr.startswith("error: a process has failed: ")
    assert "expected one argument" in tool.stderr
    assert len(list(tmp_path.glob("mmtal_*_errors.log"))) == 1
