"""mmtal results ensemble: several models as one."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "test_inference"))
from inference_case import make_case

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    config, checkpoint = make_case(tmp_path_factory.mktemp("case"))
    return f"{config}:{checkpoint}"


def test_an_ensemble_of_two(run: Run, model: str, tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    code, text, error = run(model, model, "--weights", 2, 1, "--out", out)
    assert code == 0, error
    assert f"detections: {out}" in text
    content = json.loads(out.read_text())
    assert len(content["results"]) == 5
    assert [part["weight"] for part in content["mmtal"]["ensemble"]] == pytest.approx(
        [2 / 3, 1 / 3]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny.py"], "a model must be given as CONFIG:CHECKPOINT, but got 'tiny.py'"),
        (["nowhere.py:a.pth"], "config 'nowhere.py' is neither a file nor the name"),
        (["MODEL", "--out", Path(__file__).parent], "is a folder: give the name of a file"),
        (["MODEL", "--device", "cuda:99"], "device 'cuda:99' cannot be used here"),
        (["MODEL", "--weights", 1, 2], "weights must be 1 numbers > 0, one for each, but got"),
    ],
)
def test_bad_arguments(run: Run, model: str, arguments: list, message: str) -> None:
    code, _, error = run(*(model if a == "MODEL" else a for a in arguments))
    assert code == 2
    assert message in error and "Traceback" not in error
