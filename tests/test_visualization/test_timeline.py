"""Pictures of predictions against ground truth."""

from pathlib import Path

import numpy as np
import pytest

from mmtal.visualization import draw_timeline, save_figure
from mmtal.visualization.timeline import find_hits, format_time

HITS = [
    ("same label, half covered: tIoU 0.5 counts", [[0, 10]], [0], [[0, 5]], [0.9], [0], [True]),
    ("just less than half", [[0, 10]], [0], [[0, 4.9]], [0.9], [0], [False]),
    ("other label", [[0, 10]], [0], [[0, 10]], [0.9], [1], [False]),
    (
        "an instance is taken once, by the higher score",
        [[0, 10]],
        [0],
        [[0, 10], [0, 9]],
        [0.4, 0.8],
        [0, 0],
        [False, True],
    ),
    ("touching is not overlapping", [[0, 10]], [0], [[10, 20]], [0.9], [0], [False]),
    ("no ground truth", np.zeros((0, 2)), [], [[0, 1]], [0.9], [0], [False]),
    ("no prediction", [[0, 10]], [0], np.zeros((0, 2)), [], [], []),
]


@pytest.mark.parametrize(
    ("why", "gt", "gt_labels", "pred", "scores", "labels", "expected"),
    HITS,
    ids=[case[0] for case in HITS],
)
def test_hits(why, gt, gt_labels, pred, scores, labels, expected) -> None:
    hit = find_hits(
        np.array(gt, dtype=float),
        np.array(gt_labels, dtype=int),
        np.array(pred, dtype=float),
        np.array(scores, dtype=float),
        np.array(labels, dtype=int),
    )
    assert hit.tolist() == expected


@pytest.mark.parametrize("num_classes", [0, 1, 20])
@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_figure_has_a_row_per_class(tmp_path: Path, num_classes: int, ending: str) -> None:
    labels = np.arange(num_classes)
    segments = np.stack([labels, labels + 1.0], axis=1)
    figure = draw_timeline(
        gt_segments=segments,
        gt_labels=labels,
        pred_segments=segments,
        pred_scores=np.full(num_classes, 0.9),
        pred_labels=labels,
        classes=[f"action {i}" for i in range(num_classes)],
        duration=30.0,
        title="a recording",
    )
    (axes,) = figure.axes
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == [f"action {i}" for i in range(num_classes)]
    assert len(axes.patches) == 2 * num_classes
    assert save_figure(figure, tmp_path / f"out{ending}").stat().st_size > 1000


def test_predictions_below_the_threshold_are_left_out() -> None:
    one = np.array([[0.0, 1.0]])
    figure = draw_timeline(
        gt_segments=one,
        gt_labels=np.array([0]),
        pred_segments=one,
        pred_scores=np.array([0.1]),
        pred_labels=np.array([1]),
        classes=["a", "b"],
        duration=2.0,
    )
    (axes,) = figure.axes
    assert len(axes.patches) == 1
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a"]


def test_times() -> None:
    assert [format_time(t) for t in (0, 75, 4000)] == ["0:00", "1:15", "1:06:40"]
