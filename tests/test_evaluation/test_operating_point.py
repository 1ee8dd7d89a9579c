"""The threshold of best F1, by hand and against trying every score."""

import numpy as np
import pytest

from mmtal.evaluation.operating_point import best_f1
from mmtal.results.instance_table import InstanceTable


def table(**videos: list) -> InstanceTable:
    """From rows (label, start, end[, score])."""
    return InstanceTable.from_videos(
        {
            name: dict(
                labels=[row[0] for row in rows],
                segments=[row[1:3] for row in rows],
                scores=[row[3] if len(row) > 3 else 1.0 for row in rows],
            )
            for name, rows in videos.items()
        }
    )


TRUTH = dict(a=[(0, 0, 10), (1, 20, 30)], b=[(0, 5, 6)])
CASES = [
    ("all true: all are shown", dict(a=[(0, 0, 10, 0.8), (1, 20, 30, 0.23)]), 0.23, 2 * 2 / 5),
    ("the false one is left out", dict(a=[(0, 0, 10, 0.8), (1, 50, 60, 0.79)]), 0.8, 2 / 4),
    ("a found one twice is false", dict(a=[(0, 0, 10, 0.8), (0, 0, 10, 0.4)]), 0.8, 2 / 4),
    ("another class is false", dict(a=[(1, 0, 10, 0.9), (0, 0, 10, 0.8)]), 0.8, 2 / 5),
    ("a class without truth is false", dict(a=[(7, 0, 10, 0.9), (0, 0, 10, 0.8)]), 0.8, 2 / 5),
    ("so is a recording without", dict(c=[(0, 0, 10, 0.9)], a=[(0, 0, 10, 0.8)]), 0.8, 2 / 5),
    ("half of the union is enough", dict(a=[(0, 0, 5, 0.6)]), 0.6, 2 / 4),
    ("less is not", dict(a=[(0, 0, 4.9, 0.6), (1, 20, 30, 0.3)]), 0.3, 2 / 5),
    ("equal scores go together", dict(a=[(0, 0, 10, 0.5), (0, 70, 80, 0.5)]), 0.5, 2 / 5),
    ("of equal F1 the highest", dict(a=[(0, 0, 10, 0.9), (2, 0, 1, 0.8), (2, 4, 5, 0.7),
     (1, 20, 30, 0.6), (2, 6, 7, 0.5)]), 0.6, 4 / 7),
    ("few digits", dict(a=[(0, 0, 10, 0.74321), (1, 50, 60, 0.71)]), 0.74, 2 / 4),
    ("as few as part the scores", dict(a=[(0, 0, 10, 0.74321), (1, 50, 60, 0.7431)]), 0.7432, 0.5),
    ("not far below", dict(a=[(0, 0, 10, 0.0437)]), 0.04, 2 / 4),
]  # fmt: skip


@pytest.mark.parametrize(("why", "found", "score_thr", "f1"), CASES, ids=[c[0] for c in CASES])
def test_by_hand(why: str, found: dict, score_thr: float, f1: float) -> None:
    point = best_f1(table(**TRUTH), table(**found))
    assert point is not None
    assert (point.score_thr, point.f1) == (pytest.approx(score_thr), pytest.approx(f1))


@pytest.mark.parametrize("found", [{}, dict(a=[(0, 90, 99, 0.9)])], ids=["none", "all false"])
def test_nothing_is_found(found: dict) -> None:
    assert best_f1(table(**TRUTH), table(**found)) is None
    assert best_f1(table(a=[]), table(**found)) is None


@pytest.mark.parametrize("seed", range(20))
def test_no_other_threshold_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def rows(number: int) -> list[tuple]:
        start = rng.uniform(0, 20, number).round(1)
        labels = rng.integers(0, 3, number).tolist()
        scores = rng.integers(1, 30, number) / 30
        return [(labels[i], start[i], start[i] + 4, scores[i]) for i in range(number)]

    truth = table(**{name: rows(8) for name in "ab"})
    detections = table(**{name: rows(25) for name in "bc"})
    tried = {}
    for threshold in np.unique(detections.scores):
        shown = detections.select(detections.scores >= threshold)
        tried[threshold] = 2 * _count_by_hand(truth, shown, 0.4) / (len(shown) + len(truth))
    point = best_f1(truth, detections, tiou=0.4)
    assert point is not None
    assert point.f1 == pytest.approx(max(tried.values()))
    shown = detections.select(detections.scores >= point.score_thr)
    true = _count_by_hand(truth, shown, 0.4)
    assert point.precision == pytest.approx(true / len(shown))
    assert point.recall == pytest.approx(true / len(truth))
    best = [threshold for threshold, f1 in tried.items() if f1 == pytest.approx(point.f1)]
    assert len(shown) == (detections.scores >= max(best)).sum()


def _count_by_hand(truth: InstanceTable, shown: InstanceTable, tiou: float) -> int:
    """True positives of a plain walk down the scores."""
    free = set(range(len(truth)))
    true = 0
    names = [shown.video_ids[video] for video in shown.video]
    for row in sorted(range(len(shown)), key=lambda row: (-shown.scores[row], names[row], row)):
        start, end = shown.segments[row]
        candidates = []
        for instance in free:
            low, high = truth.segments[instance]
            overlap = min(end, high) - max(start, low)
            same = truth.video_ids[truth.video[instance]] == names[row]
            if same and truth.labels[instance] == shown.labels[row] and overlap > 0:
                candidates.append((overlap / (end - start + high - low - overlap), instance))
        if candidates and max(candidates)[0] >= tiou:
            free.remove(max(candidates)[1])
            true += 1
    return true
