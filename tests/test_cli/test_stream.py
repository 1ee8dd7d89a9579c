"""mmtal stream: what it prints is what the inferencer finds."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "test_inference"))
from inference_case import features, make_case

from mmtal.inference.inferencer import TemporalActionInferencer


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_case(tmp_path_factory.mktemp("case"))


def test_a_file_and_lines_are_the_same_signal(run, case, tmp_path, monkeypatch) -> None:
    values = features(150)
    np.save(tmp_path / "a.npy", values)
    options = ["--fps", 1, "--max-duration", 8, "--score-thr", 0.2, "--json", "--device", "cpu"]
    code, from_file, error = run(*case, tmp_path / "a.npy", *options)
    assert code == 0 and "detections are final about" in error
    lines = "".join(",".join(map(str, row)) + "\n" for row in values.tolist())
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    code, from_lines, error = run(*case, "-", *options)
    assert code == 0, error
    one, other = ([json.loads(line) for line in t.splitlines()] for t in (from_file, from_lines))
    assert len(one) == len(other) > 3
    key = lambda d: (d["start"], d["label"], d["score"])  # noqa: E731
    for first, second in zip(sorted(one, key=key), sorted(other, key=key), strict=True):
        assert first == pytest.approx(second, abs=1e-4) or first["name"] == second["name"]
    infer = TemporalActionInferencer(*case, "cpu", max_duration=8)
    [whole] = infer(values, fps=1, score_thr=0.2)
    assert len(whole) == len(one)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3 4 5 6\nx y\n", "line 2 must be numbers"),
        ("1 2\n", "must have 6 channels, but got 2"),
    ],
)
def test_bad_lines(run, case, monkeypatch, text: str, message: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    code, _, error = run(*case, "-", "--fps", 1)
    assert code == 2 and message in error and "Traceback" not in error
