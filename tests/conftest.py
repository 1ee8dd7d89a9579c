"""Fixtures that every test may use."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "data" / "golden"


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
