"""Commands run in this process."""

from collections.abc import Callable

import pytest

from mmtal.cli.main import main


@pytest.fixture
def run(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command that the test file is named after: exit code, standard output and error."""
    words = request.path.stem.removeprefix("test_").split("_")

    def call(*arguments: object) -> tuple[int, str, str]:
        code = 0
        try:
            main([*words, *map(str, arguments)])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return call
