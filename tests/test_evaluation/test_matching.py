"""Overlapping pairs and greedy matching against plain restatements."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtal.evaluation import matching
from mmtal.evaluation.matching import greedy_match, overlapping_pairs, segment_tiou


@pytest.mark.parametrize(
    ("first", "second", "tiou"),
    [
        ((0, 10), (0, 10), 1.0),
        ((0, 10), (5, 15), 1 / 3),
        ((0, 10), (10, 20), 0.0),  # touching
        ((0, 10), (12, 20), 0.0),  # apart
        ((3, 3), (3, 3), 0.0),  # no length at all: 0, not NaN
        ((10, 0), (0, 10), 0.0),  # reversed
    ],
)
def test_segment_tiou(first: tuple, second: tuple, tiou: float) -> None:
    actual = segment_tiou(np.array([first], float), np.array([second], float))
    assert actual.tolist() == [pytest.approx(tiou)]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5)), unique=True))
@settings(max_examples=100, deadline=None)
def test_greedy_match_equals_a_walk(pairs: list[tuple[int, int]]) -> None:
    free_pred, free_truth, expected = set(range(9)), set(range(6)), []
    for pred, truth in pairs:
        expected.append(pred in free_pred and truth in free_truth)
        if expected[-1]:
            free_pred.remove(pred)
            free_truth.remove(truth)
    pred, truth = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    assert greedy_match(pred, truth).tolist() == expected


@pytest.mark.parametrize("max_pairs", [1, 7, 1 << 17])  # however the work is cut
def test_overlapping_pairs(monkeypatch: pytest.MonkeyPatch, max_pairs: int) -> None:
    monkeypatch.setattr(matching, "MAX_PAIRS", max_pairs)
    rng = np.random.default_rng(0)
    segments = np.sort(rng.uniform(0, 10, (40, 2)), axis=1)
    group = rng.integers(-1, 4, 40)
    pred, truth = slice(0, 25), slice(25, 40)
    truth_group = np.abs(group[truth])
    expected = []
    for i in range(25):
        near = []
        for j in range(15):
            tiou = segment_tiou(segments[pred][i : i + 1], segments[truth][j : j + 1])[0]
            if group[pred][i] == truth_group[j] and tiou >= 0.2:
                near.append((-tiou, -j))
        expected += [(i, -j, -tiou) for tiou, j in sorted(near)]
    actual = overlapping_pairs(group[pred], segments[pred], truth_group, segments[truth], 0.2)
    assert len(expected) > 10
    assert list(zip(*(column.tolist() for column in actual), strict=True)) == expected
