import json
from pathlib import Path

import numpy as np
import pytest

from mmtal.evaluation.functional import fuse_external_scores, read_external_scores


def test_best_classes_times_best_segments() -> None:
    detections = dict(
        segments=np.array([[0.0, 1], [2, 3], [4, 5]]), scores=np.array([0.01, 0.64, 0.25])
    )
    fused = fuse_external_scores(
        detections, np.array([0.36, 0.0, 0.81, 0.16]), top_classes=2, top_segments=2
    )
    # sqrt(0.81 * 0.64), sqrt(0.36 * 0.64), sqrt(0.81 * 0.25), sqrt(0.36 * 0.25)
    np.testing.assert_allclose(fused["scores"], [0.72, 0.48, 0.45, 0.3])
    assert fused["labels"].tolist() == [2, 0, 2, 0]
    assert fused["segments"].tolist() == [[2, 3], [2, 3], [4, 5], [4, 5]]


def test_no_detection() -> None:
    empty = dict(segments=np.zeros((0, 2)), scores=np.zeros(0))
    fused = fuse_external_scores(empty, np.array([0.5, 0.5]))
    assert fused["segments"].shape == (0, 2) and len(fused["labels"]) == 0


@pytest.mark.parametrize("wrapped", [True, False])
def test_read(tmp_path: Path, wrapped: bool) -> None:
    scores = {"v": [0.25, 0.5], "w": [0.5, 0.125]}
    path = tmp_path / "scores.json"
    path.write_text(json.dumps({"results": scores, "class": ["a", "b"]} if wrapped else scores))
    actual = read_external_scores(path)
    assert {name: values.tolist() for name, values in actual.items()} == scores


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "must hold {video"),
        ('{"results": {}}', "must hold {video"),
        ('{"v": [1, 2], "w": [1]}', "equally many class scores"),
        ("{", "are not JSON"),
    ],
)
def test_bad_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "scores.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"scores.json .*{message}"):
        read_external_scores(path)
    with pytest.raises(FileNotFoundError, match="do not exist: get the file, or set"):
        read_external_scores(tmp_path / "nowhere.json")
