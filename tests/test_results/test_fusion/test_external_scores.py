import json
from pathlib import Path

import numpy as np
import pytest

from mmtal.evaluation.average_precision import detection_scores
from mmtal.results.fusion.external_scores import (
    ExternalScores,
    fuse_external_scores,
    name_detections,
    read_external_scores,
)
from mmtal.results.instance_table import InstanceTable

DETECTIONS = dict(
    segments=np.array([[0.0, 1], [2, 3], [4, 5]]), scores=np.array([0.01, 0.64, 0.25])
)
CLASS_SCORES = np.array([0.36, 0.0, 0.81, 0.16])


@pytest.mark.parametrize(
    ("rule", "scores"),
    [
        # roots of 0.81 * 0.64, 0.36 * 0.64, 0.81 * 0.25, 0.36 * 0.25, as in the official release
        ("sqrt", [0.72, 0.48, 0.45, 0.3]),
        # the products themselves, as in OpenTAD's classifier for ActivityNet
        ("product", [0.5184, 0.2304, 0.2025, 0.09]),
    ],
)
def test_best_classes_times_best_segments(rule: str, scores: list[float]) -> None:
    fused = fuse_external_scores(DETECTIONS, CLASS_SCORES, rule=rule, top_classes=2, top_segments=2)
    np.testing.assert_allclose(fused["scores"], scores, rtol=1e-12)
    assert fused["labels"].tolist() == [2, 0, 2, 0]
    assert fused["segments"].tolist() == [[2, 3], [2, 3], [4, 5], [4, 5]]


@pytest.mark.parametrize(
    ("arguments", "num"),
    [
        (dict(top_classes=1, top_segments=None), 3),
        (dict(top_classes=9, top_segments=1), 4),  # there are but four classes
        ({}, 6),
    ],
)
def test_how_many(arguments: dict, num: int) -> None:
    assert len(fuse_external_scores(DETECTIONS, CLASS_SCORES, **arguments)["labels"]) == num


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(rule="mean"), "rule must be one of .*sqrt.*product.*'mean'"),
        (dict(top_classes=0), "top_classes must be >= 1, but got 0"),
        (dict(top_segments=0), "top_segments must be >= 1, but got 0"),
    ],
)
def test_bad_arguments(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fuse_external_scores(DETECTIONS, CLASS_SCORES, **arguments)


def test_no_detection() -> None:
    empty = dict(segments=np.zeros((0, 2)), scores=np.zeros(0))
    fused = fuse_external_scores(empty, np.array([0.5, 0.5]))
    assert fused["segments"].shape == (0, 2) and len(fused["labels"]) == 0


def test_both_rules_have_the_same_average_precision() -> None:
    random = np.random.default_rng(0)
    starts = random.uniform(0, 90, (2, 60))
    videos = {
        name: dict(
            segments=np.stack([start, start + random.uniform(1, 9, 60)], axis=1),
            labels=np.zeros(60, int),
            scores=random.uniform(0.01, 1, 60),
        )
        for name, start in zip("ab", starts, strict=True)
    }
    truth = InstanceTable.from_videos(
        {
            name: dict(segments=video["segments"][:20] + 0.3, labels=random.integers(0, 4, 20))
            for name, video in videos.items()
        }
    )
    external = ExternalScores({name: random.uniform(0, 1, 4) for name in "ab"}, None, "here")
    scores = [
        detection_scores(
            truth,
            name_detections(InstanceTable.from_videos(videos), external, rule=rule, top_classes=3),
            [0.3, 0.5],
        )
        for rule in ("sqrt", "product")
    ]
    assert 0.01 < scores[0].average_map < 1
    np.testing.assert_array_equal(scores[0].ap, scores[1].ap)


def test_columns_are_matched_by_name_where_the_file_names_them() -> None:
    videos = {"v": np.array([0.1, 0.2, 0.3])}
    named = ExternalScores(videos, ("jump", "run", "sit"), "here")
    assert named.of("v", ["sit", "jump"]).tolist() == [0.3, 0.1]
    assert ExternalScores(videos, None, "here").of("v", ["c", "b", "a"]).tolist() == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("classes", "video", "wanted", "message"),
    [
        (None, "w", ["a", "b"], "here: .* lack recording 'w' .they have 1, such as 'v'"),
        (None, "v", ["a", "b", "c"], r"'v' must be one for each of the 3 classes.*\(2,\)"),
        (("a", "b"), "v", ["a", "z"], "lack 1 of the 2 classes, such as 'z'"),
    ],
)
def test_what_is_lacking(
    classes: tuple | None, video: str, wanted: list[str], message: str
) -> None:
    external = ExternalScores({"v": np.array([0.5, 0.5])}, classes, "here")
    with pytest.raises(ValueError, match=message):
        external.of(video, wanted)


@pytest.mark.parametrize(
    ("key", "classes"), [("class", ("a", "b")), ("classes", ("a", "b")), (None, None)]
)
def test_read(tmp_path: Path, key: str | None, classes: tuple | None) -> None:
    scores = {"v": [0.25, 0.5], "w": [0.5, 0.125]}
    path = tmp_path / "scores.json"
    path.write_text(json.dumps({"results": scores, key: ["a", "b"]} if key else scores))
    external = read_external_scores(path)
    assert {name: values.tolist() for name, values in external.videos.items()} == scores
    assert external.classes == classes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "must hold {video"),
        ('{"results": {}}', "must hold {video"),
        ('{"v": [], "w": []}', "holds no class score of any recording"),
        ('{"v": [1, 2], "w": [1]}', "equally many class scores"),
        ('{"v": [[1, 2]], "w": [[1, 3]]}', "flat list"),
        ('{"v": [{"label": "a"}]}', "'v': class scores must be a list of numbers"),
        ('{"v": [1, -2]}', "'v': class scores must be finite and >= 0.*-2.*--softmax"),
        ('{"v": [1, NaN]}', "'v': class scores must be finite"),
        ('{"results": {"v": [1, 2]}, "class": ["a"]}', "name each of its 2 columns, but names 1"),
        ('{"results": {"v": [1, 2]}, "class": ["a", "a"]}', "list of different names"),
        ("{", "is not JSON"),
    ],
)
def test_bad_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "scores.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"scores.json.*{message}"):
        read_external_scores(path)
    with pytest.raises(FileNotFoundError, match="do not exist: get the file, or set"):
        read_external_scores(tmp_path / "nowhere.json")
