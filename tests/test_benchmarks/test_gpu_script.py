"""The script for a GPU runs without one, too, and says that such figures mean nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_it_can_be_tried_on_a_cpu() -> None:
    out = subprocess.run(
        [sys.executable, ROOT / "benchmarks/gpu.py", "--passes", "1", "--case", "activitynet"],
        capture_output=True, text=True, timeout=600, check=False, cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert out.returncode == 0, out.stderr[-2000:]
    assert "no GPU: tiny videos on the CPU" in out.stdout
    assert "figures are missing" in out.stdout
    for what in ("testing: ours bfloat16", "training: ours float32", "training: ours, graph"):
        assert f"activitynet {what}" in out.stdout
    ends = [line for line in out.stdout.splitlines() if " NMS, " in line]
    assert len(ends) == 6  # three cases, soft and hard
    assert all(line.rpartition(" ratio ")[2].replace(".", "").isdigit() for line in ends)
