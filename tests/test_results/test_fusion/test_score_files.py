"""Class scores as published: each layout ends as the same table."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmtal.results.fusion.external_scores import (
    load_score_file,
    read_external_scores,
    write_external_scores,
)

SCORES = {"v": [0.25, 0.5, 0.25], "w": [1.0, 0.0, 0.0]}
CLASSES = ["jump", "run", "sit"]


def save(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    if path.suffix == ".npy":
        np.save(path, content)
    elif path.suffix == ".pkl":
        path.write_bytes(pickle.dumps(content))
    else:
        path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("name", "content", "arguments", "classes"),
    [
        # the CUHK scores for ActivityNet
        ("a.json", {"results": SCORES, "class": CLASSES}, {}, CLASSES),
        # those for FineAction
        ("a.json", {"results": SCORES, "classes": CLASSES}, {}, CLASSES),
        # the release's own for THUMOS14: columns in the order of the labels
        ("a.pkl", {k: np.array(v, np.float32) for k, v in SCORES.items()}, {}, None),
        ("a.pkl", SCORES, dict(classes=CLASSES), CLASSES),
        # those for HACS: one more list
        ("a.json", {"results": {k: [v] for k, v in SCORES.items()}, "class": CLASSES}, {}, CLASSES),
        ("a.npy", list(SCORES.values()), dict(videos=["v", "w"]), None),
        # ActivityNet's classification task
        (
            "a.json",
            {
                "results": {
                    video: [
                        dict(label=label, score=score)
                        for label, score in zip(CLASSES, values, strict=True)
                        if score
                    ]
                    for video, values in SCORES.items()
                }
            },
            {},
            CLASSES,
        ),
    ],
)
def test_layouts(
    tmp_path: Path, name: str, content: Any, arguments: dict, classes: list | None
) -> None:
    scores = load_score_file(save(tmp_path, name, content), **arguments)
    assert {video: values.tolist() for video, values in scores.videos.items()} == SCORES
    assert scores.classes == (None if classes is None else tuple(classes))
    write_external_scores(tmp_path / "out.json", scores)
    back = read_external_scores(tmp_path / "out.json")
    assert {video: values.tolist() for video, values in back.videos.items()} == SCORES
    assert back.classes == scores.classes


def test_untrimmednet_of_thumos14(tmp_path: Path) -> None:
    """Row i is video i + 1; a class's column is its number minus 1, as in OpenTAD's classifier."""
    array = np.zeros((1574, 101), np.float32)
    array[3, 6], array[3, 7], array[1573, 96] = 0.5, 0.25, 1.5  # numbers 7, 8 (no class), 97
    scores = load_score_file(save(tmp_path, "uNet_test.npy", array))
    assert len(scores.videos) == 1574 and len(scores.classes or ()) == 20
    fourth = scores.of("video_test_0000004", ["VolleyballSpiking", "BaseballPitch"])
    assert fourth.tolist() == [0, 0.5]
    assert scores.videos["video_test_0000004"].sum() == 0.5
    assert scores.of("video_test_0001574", ["VolleyballSpiking"]).tolist() == [1.5]


def test_logits_become_probabilities(tmp_path: Path) -> None:
    path = save(tmp_path, "a.json", {"v": [1000.0, 1000.0 + np.log(3)]})
    scores = load_score_file(path, softmax=True)
    np.testing.assert_allclose(scores.videos["v"], [0.25, 0.75], rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "content", "arguments", "message"),
    [
        ("a.npy", np.zeros((2, 3)), {}, "holds 2 rows without names: give the recordings' names"),
        ("a.npy", np.zeros((2, 3)), dict(videos=["v"]), "holds 2 rows, but 1 different"),
        ("a.npy", np.zeros((2, 3)), dict(videos=["v", "v"]), "holds 2 rows, but 1 different"),
        ("a.npy", np.zeros(3), dict(videos=["v"]), r"must be an array .* but is \(3,\)"),
        ("a.npy", np.array([{}]), dict(videos=["v"]), "cannot be read as an array of numbers"),
        ("a.json", SCORES, dict(videos=["v", "w"]), "rows of a .npy file, but .* is none"),
        ("a.json", [1], {}, "must hold {recording: class scores}"),
        ("a.json", {"results": {}}, {}, "must hold {recording: class scores}"),
        ("a.json", {"v": "high"}, {}, "recording 'v': class scores must be numbers"),
        ("a.json", {"v": [-1.0, 2.0]}, {}, "must be finite and >= 0.*--softmax"),
        ("a.json", {"v": [{"label": "run"}]}, {}, "must hold .*one does not: 'score'"),
        ("a.json", {"v": [{"label": "a", "score": 1}], "w": [0.5]}, {}, "must hold .*one does not"),
        (
            "a.json",
            {"v": [{"label": "run", "score": 0.5, "segment": [0, 1]}]},
            {},
            "holds detections, but class scores of whole recordings are needed",
        ),
        (
            "a.json",
            {"results": SCORES, "class": CLASSES},
            dict(classes=CLASSES),
            "names its own 3 classes",
        ),
        ("a.json", SCORES, dict(classes=["a"]), "name each of its 3 columns, but names 1"),
        ("a.txt", SCORES, {}, "must be a .json, .pkl, .pickle or .npy"),
    ],
)
def test_bad_files(tmp_path: Path, name: str, content: Any, arguments: dict, message: str) -> None:
    path = save(tmp_path, name, content)
    with pytest.raises(ValueError, match=message):
        load_score_file(path, **arguments)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pkl does not exist"):
        load_score_file(tmp_path / "nowhere.pkl")
    with pytest.raises(FileNotFoundError, match="is a folder"):
        load_score_file(tmp_path)
