"""Which predictions are right."""

import numpy as np
import pytest

from mmtal.evaluation.average_precision import detection_scores
from mmtal.evaluation.recording_hits import find_hits
from mmtal.results.instance_table import InstanceTable
from mmtal.structures import RecordingView

HITS = [
    ("half covered: tIoU 0.5 counts", [[0, 10]], [0], [[0, 5]], [0.9], [0], [0.5], [0]),
    ("just less than half", [[0, 10]], [0], [[0, 4.9]], [0.9], [0], [0.49], [-1]),
    ("other label", [[0, 10]], [0], [[0, 10]], [0.9], [1], [0], [-1]),
    (
        "an instance is taken once, by the higher score; the other's tIoU is still told",
        [[0, 10]], [0], [[0, 10], [0, 9]], [0.4, 0.8], [0, 0], [1.0, 0.9], [1],
    ),
    ("touching is not overlapping", [[0, 10]], [0], [[10, 20]], [0.9], [0], [0], [-1]),
    ("no ground truth", np.zeros((0, 2)), [], [[0, 1]], [0.9], [0], [0], []),
    ("no prediction", [[0, 10]], [0], np.zeros((0, 2)), [], [], [], [-1]),
    (
        "a hit's tIoU is that with its own instance",
        [[0, 10], [2, 12]], [0, 0], [[0, 10], [1, 11]], [0.9, 0.8], [0, 0], [1, 9 / 11], [0, 1],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("why", "gt", "gt_labels", "pred", "scores", "labels", "tiou", "hit_by"),
    HITS,
    ids=[case[0] for case in HITS],
)
def test_hits(why, gt, gt_labels, pred, scores, labels, tiou, hit_by) -> None:
    view = RecordingView(
        "v", 20.0, np.array(gt, float), np.array(gt_labels, int), np.array(pred, float),
        np.array(scores, float), np.array(labels, int),
    )  # fmt: skip
    matches = find_hits(view)
    np.testing.assert_allclose(matches.tiou, tiou)
    assert matches.hit_by.tolist() == hit_by
    hits = np.isin(np.arange(len(scores)), [row for row in hit_by if row >= 0])
    assert matches.hit.tolist() == hits.tolist()


def test_the_evaluation_counts_the_same_hits() -> None:
    random = np.random.default_rng(0)

    def segments(number: int) -> np.ndarray:
        start = random.uniform(0, 50, number)
        return np.stack([start, start + random.uniform(1, 9, number)], axis=1)

    view = RecordingView("v", 60.0, segments(30), random.integers(0, 2, 30), segments(300),
                         random.random(300), random.integers(0, 2, 300))  # fmt: skip
    truth = dict(segments=view.gt_segments, labels=view.gt_labels)
    found = dict(segments=view.pred_segments, labels=view.pred_labels, scores=view.pred_scores)
    for thr in (0.3, 0.5, 0.7):
        hit = find_hits(view, tiou_thr=thr).hit
        scores = detection_scores(
            InstanceTable.from_videos({"v": truth}), InstanceTable.from_videos({"v": found}), [thr]
        )
        for label, expected in enumerate(scores.ap[0]):
            order = np.argsort(-view.pred_scores[view.pred_labels == label])
            ours = hit[view.pred_labels == label][order]
            precision = np.cumsum(ours) / np.arange(1, len(ours) + 1)
            best = np.maximum.accumulate(precision[::-1])[::-1]
            area = (best * ours).sum() / (view.gt_labels == label).sum()
            assert area == pytest.approx(expected)
        assert 5 < hit.sum() <= 30


def test_a_threshold_outside_is_refused() -> None:
    for value in (0, -1, 1.5):
        with pytest.raises(ValueError, match=r"must be in \(0, 1\]"):
            find_hits(RecordingView("v", 1.0), tiou_thr=value)
