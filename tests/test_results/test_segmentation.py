"""Detections become segmentations and back. Letters are labels, '.' is background."""

import itertools

import numpy as np
import pytest

from mmtal.results.instance_table import InstanceTable
from mmtal.results.segmentation import (
    as_segmentation,
    frame_labels,
    instances_of_runs,
    segmentation_view,
    without_overlaps,
)
from mmtal.structures import RecordingView


def frames(text: str) -> np.ndarray:
    return np.array([-1 if letter == "." else ord(letter) - ord("a") for letter in text], int)


def table(rows: list[tuple[float, float, float]]) -> InstanceTable:
    start, end, scores = np.array(rows, float).reshape(-1, 3).T
    segments = np.stack([start, end], axis=1)
    return InstanceTable.from_videos(
        {"v": dict(segments=segments, labels=np.zeros(len(rows), int), scores=scores)}
    )


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(0, 5, 0.9), (5, 9, 0.1)], [0, 1], id="what touches does not overlap"),
        pytest.param([(0, 5.0000001, 0.9), (5, 9, 0.1)], [0, 1], id="nor does what is rounded"),
        pytest.param([(0, 6, 0.9), (5, 9, 0.8)], [0], id="the better one"),
        pytest.param([(0, 6, 0.5), (5, 11, 0.8), (10, 16, 0.5)], [0, 2], id="two beat the best"),
        pytest.param([(4, 4, 0.9), (7, 3, 0.9)], [], id="without a length"),
        pytest.param([(0, 9, 0.5), (0, 3, 0.6), (3, 6, 0.6)], [0], id="a long one beats parts"),
    ],
)
def test_best_set(rows: list, kept: list[int]) -> None:
    found = without_overlaps(table(rows))
    assert found.segments.tolist() == [list(rows[row][:2]) for row in kept]


def test_best_set_is_the_best_of_all_sets() -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        start = random.uniform(0, 10, 8)
        rows = np.stack([start, start + random.uniform(0.5, 5, 8), random.uniform(0, 1, 8)], 1)
        weights = rows[:, 2] * (rows[:, 1] - rows[:, 0])
        best = 0.0
        for chosen in itertools.product([False, True], repeat=8):
            own = rows[np.array(chosen)]
            own = own[np.argsort(own[:, 0])]
            if (own[1:, 0] >= own[:-1, 1]).all():
                best = max(best, weights[np.array(chosen)].sum())
        found = without_overlaps(table([tuple(row) for row in rows]))
        lengths = found.segments[:, 1] - found.segments[:, 0]
        assert (found.scores * lengths).sum() == pytest.approx(best)


def test_recordings_stay_apart() -> None:
    one = dict(segments=[[0.0, 4.0]], labels=[0], scores=[0.5])
    found = without_overlaps(InstanceTable.from_videos({"a": one, "b": one, "c": one}))
    assert found.video.tolist() == [0, 1, 2]


def test_runs_become_instances() -> None:
    found = instances_of_runs(
        {"v": frames("aab..c"), "w": frames("")},
        2.0,
        {"v": np.array([0.2, 0.4, 0.9, 1, 1, 0.5]), "w": np.zeros(0)},
    )
    assert list(found.rows()) == [
        ("v", [0.0, 1.0], 0, pytest.approx(0.3)),
        ("v", [1.0, 1.5], 1, pytest.approx(0.9)),
        ("v", [2.5, 3.0], 2, 0.5),
    ]
    assert found.video_ids == ("v", "w")


@pytest.mark.parametrize("fps", [0.6, 3, 15, 29.97])
def test_there_and_back(fps: float) -> None:
    random = np.random.default_rng(1)
    labels = np.repeat(random.integers(-1, 3, 40), random.integers(1, 9, 40))
    found = without_overlaps(instances_of_runs({"v": labels}, fps))
    back = frame_labels(
        found.segments,
        found.labels,
        found.scores,
        num_frames=len(labels),
        frames_per_second=fps,
    )
    assert back.tolist() == labels.tolist()


@pytest.mark.parametrize(
    ("rows", "score_thr", "kept"),
    [
        pytest.param([(0, 5, 0.1), (5, 9, 0.9)], None, 2, id="a segmentation counts whole"),
        pytest.param([(0, 5, 0.1), (5, 9, 0.9)], 0.3, 1, id="unless it is asked for"),
        pytest.param([(0, 5, 0.1), (4, 9, 0.9)], None, 1, id="detections: the sure ones"),
        pytest.param([(0, 5, 0.1), (4, 9, 0.9), (9, 10, 0.2)], 0.0, 2, id="or all"),
    ],
)
def test_which_detections_are_the_segmentation(
    rows: list, score_thr: float | None, kept: int
) -> None:
    assert len(as_segmentation(table(rows), score_thr)) == kept


def test_recording_with_its_segmentation() -> None:
    found = dict(segments=np.array([[0, 5], [4, 9]]), scores=np.array([0.4, 0.9]))
    view = RecordingView(
        "v", 9.0, **{f"pred_{k}": v for k, v in found.items()}, pred_labels=np.array([2, 3])
    )
    assert segmentation_view(view, None, 0.5).pred_labels.tolist() == [3]
    assert segmentation_view(view, None, 0.95).pred_scores.tolist() == []
