"""Tools run in this process."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """The tool that the test file is named after: exit code, standard output, standard error."""
    tool = ROOT / "tools" / f"{request.path.stem.removeprefix('test_')}.py"

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [str(tool), *map(str, arguments)])
        code = 0
        try:
            runpy.run_path(str(tool), run_name="__main__")
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return call
