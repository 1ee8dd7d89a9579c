"""What tools/make_splits.py refuses."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "make_splits.py"


def test_what_is_no_clone_is_said_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path / "no"), "gtea", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and not list(tmp_path.iterdir())
    assert "must be a clone of bityangke/AP_TCN; git: " in done.stderr
    assert "Traceback" not in done.stderr
