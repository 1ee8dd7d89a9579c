"""benchmarks/verify.py runs, and both of its parts find the spoiled files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "verify.py"


@pytest.mark.slow
def test_both_parts_are_measured():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--recordings", "20"],
        capture_output=True,
        text=True,
        check=True,
    )
    loop, verify = done.stdout.splitlines()
    assert loop.startswith("np.load") and verify.startswith("verify")
    for line in (loop, verify):
        assert re.search(r"20 recordings .* recordings/s, peak \d+ MB .*, 10 bad", line), line
