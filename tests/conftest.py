"""Fixtures that every test may use."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mmtal.utils import repeats

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "data" / "golden"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts tests in the background has them, and all that they start, ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def warnings_of_other_tests() -> None:
    """Are not counted again at the end of a command of this one."""
    repeats._file.cache_clear()


@pytest.fixture(scope="session")
def golden() -> Path:
    """Folder of the measured figures of the official release (see its README)."""
    return GOLDEN


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Path of a real data set outside the repository; the test is skipped where it is missing."""
    root = Path(os.environ.get("MMTAL_DATA", ROOT.parent / "shared" / "data"))

    def find(relative: str) -> Path:
        path = root / relative
        if not path.exists():
            pytest.skip(f"needs {path} (set MMTAL_DATA to the folder that holds the data sets)")
        return path

    return find
