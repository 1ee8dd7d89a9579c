"""Confusions, scores and recordings, by hand."""

import numpy as np
import pytest

from mmtal.error_analysis.one_threshold import (
    calibrate,
    confusion_matrix,
    top_confusions,
    worst_recordings,
)
from mmtal.evaluation.matching import MatchedDetections, match_detections
from mmtal.results.instance_table import InstanceTable

VIDEOS = {
    "a": dict(segments=[[0, 10], [20, 30], [40, 50]], labels=[3, 3, 7]),  # labels with gaps
    "b": dict(segments=[[0, 10]], labels=[7]),
    "c": dict(segments=[], labels=[]),
}


def matched(*rows: tuple) -> MatchedDetections:
    """``rows``: recording, segment, label, score."""
    found: dict[str, dict] = {}
    for video, *values in rows:
        columns = found.setdefault(video, dict(segments=[], labels=[], scores=[]))
        for key, value in zip(columns, values, strict=True):
            columns[key].append(value)
    return match_detections(
        InstanceTable.from_videos(VIDEOS), InstanceTable.from_videos(found), [0.5]
    )


ROWS = [
    ("a", [0, 10], 3, 0.9),  # right
    ("a", [40, 50], 3, 0.8),  # a 7 taken for a 3
    ("a", [20, 30], 3, 0.1),  # right, but not among the two best
    ("b", [50, 60], 7, 0.9),  # background
    ("b", [0, 10], 7, 0.7),  # right
]


def test_confusion_matrix() -> None:
    matrix = confusion_matrix(matched(*ROWS), 0)
    assert matrix.tolist() == [
        [1, 0, 1],  # 3: one right, one missed
        [1, 1, 0],  # 7
        [0, 1, 0],  # background
    ]
    assert top_confusions(matrix, 5) == [(1, 0, 1)]


def test_own_class_goes_first() -> None:
    # The worse detection is of the right class; the better one must not take its instance.
    matrix = confusion_matrix(matched(("b", [0, 10], 3, 0.9), ("b", [0, 9], 7, 0.2)), 0)
    assert matrix.tolist() == [[0, 0, 2], [0, 1, 1], [1, 0, 0]]


def test_better_score_goes_first_across_classes() -> None:
    videos = {"a": dict(segments=[[0, 10], [50, 60], [70, 80]], labels=[0, 1, 2])}
    found = dict(segments=[[0, 10], [0, 9]], labels=[1, 2], scores=[0.3, 0.8])
    matches = match_detections(
        InstanceTable.from_videos(videos), InstanceTable.from_videos({"a": found}), [0.5]
    )
    assert confusion_matrix(matches, 0)[0].tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize("seed", range(3))
def test_sums(seed: int) -> None:
    random = np.random.default_rng(seed)

    def table(number: int) -> InstanceTable:
        start = random.uniform(0, 50, number)
        return InstanceTable(
            ("v", "w"), random.integers(0, 2, number), np.stack([start, start + 8], 1),
            random.integers(0, 4, number), random.random(number),
        )  # fmt: skip

    truth, found = table(40), table(100)
    matrix = confusion_matrix(match_detections(truth, found, [0.3]), 0)
    assert matrix[:-1].sum(axis=1).tolist() == np.bincount(truth.labels).tolist()
    used = np.minimum(np.bincount(found.labels), np.bincount(truth.labels))
    assert matrix[:, :-1].sum(axis=0).tolist() == used.tolist()
    assert (matrix >= 0).all() and matrix[-1, -1] == 0


def test_calibration() -> None:
    rows = [
        ("a", [0, 10], 3, 0.95),
        ("a", [60, 70], 3, 0.93),
        ("a", [20, 30], 3, 0.55),
        ("b", [0, 10], 7, 1.0),
        ("b", [60, 70], 7, 0.0),
    ]
    part = calibrate(matched(*rows), 0)
    assert part.counts.tolist() == [1, 0, 0, 0, 0, 1, 0, 0, 0, 3]
    assert part.precision[[0, 5, 9]].tolist() == pytest.approx([0, 1, 2 / 3])
    assert part.score[9] == pytest.approx(0.96)
    assert part.ece == pytest.approx(1 / 5 * 0 + 1 / 5 * 0.45 + 3 / 5 * (0.96 - 2 / 3))
    assert part.bias == pytest.approx((0.95 + 0.93 + 0.55 + 1.0) / 5 - 3 / 5)
    # Down to 0.55: 3 hits of 4 detections and 4 instances.
    assert part.best_score == 0.55
    assert part.best_f1 == pytest.approx((0.75, 0.75, 0.75))


def test_equal_scores_stand_on_one_side_of_a_threshold() -> None:
    rows = [("a", [0, 10], 3, 0.5), *(("a", [60 + i, 61 + i], 3, 0.5) for i in range(3))]
    part = calibrate(matched(*rows), 0)
    assert part.best_f1 == pytest.approx((2 / 8, 1 / 4, 1 / 4))


def test_scores_that_are_no_probabilities() -> None:
    part = calibrate(matched(("a", [0, 10], 3, 17.0), ("a", [60, 70], 3, -3.0)), 0)
    assert np.isnan(part.ece)
    assert part.edges[[0, -1]].tolist() == [-3, 17]
    assert part.counts.sum() == 2 and part.best_score == 17


def test_no_scores() -> None:
    part = calibrate(matched(), 0)
    assert np.isnan(part.ece) and np.isnan(part.best_score) and not part.counts.any()


def test_no_threshold_is_best_where_nothing_is_right() -> None:
    part = calibrate(matched(("a", [60, 61], 3, 0.4)), 0)
    assert part.counts.sum() == 1 and part.ece == pytest.approx(0.4)
    assert np.isnan(part.best_score) and part.best_f1 == (0, 0, 0)


def test_worst_recordings() -> None:
    first, second = worst_recordings(matched(*ROWS, ("d", [0, 10], 3, 1.0)), 0)
    # "d" is not listed, but its detection is one of the two best; "c" has no error.
    assert (first.video_id, first.instances, first.missed, first.false) == ("a", 3, 2, 0)
    assert first.f1 == pytest.approx(2 / 4)
    assert (second.video_id, second.missed, second.false) == ("b", 0, 1)
    assert len(worst_recordings(matched(*ROWS), 0, number=1)) == 1


def test_perfect_recordings_are_not_worst() -> None:
    rows = [
        ("a", [0, 10], 3, 1.0), ("a", [20, 30], 3, 1.0), ("a", [40, 50], 7, 1.0),
        ("b", [0, 10], 7, 1.0), ("b", [50, 60], 7, 0.1),
    ]  # fmt: skip
    assert worst_recordings(matched(*rows), 0) == []  # the false one is beyond the G best
