"""Several processes train as one does, as the benchmark measures it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_two_processes_train_as_one_does() -> None:
    """In float64, so that a real difference cannot pass as noise; the script fails beyond that."""
    out = subprocess.run(
        [sys.executable, ROOT / "benchmarks/scale.py", "--steps", "2", "--processes", "2"],
        capture_output=True, text=True, timeout=600, check=False, cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert out.returncode == 0, out.stderr[-2000:]
    lines = out.stdout.splitlines()
    assert re.match(r"1 process: [\d,]+ weights, loss ", lines[0])
    equal = re.match(r"2 processes: losses equal to (\S+), weights to (\S+) of ", lines[1])
    assert equal and float(equal[1]) < 1e-6 and float(equal[2]) < 1e-9
    assert re.search(r"ratio \d+\.\d\d$", lines[1])
