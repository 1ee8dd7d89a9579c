"""Overlapping pairs and greedy matching against plain restatements."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtal.evaluation.pairs import greedy_match, overlapping_pairs

CASES = [
    ((0, 10), (0, 10), 1.0),
    ((0, 10), (5, 15), 1 / 3),
    ((0, 10), (10, 20), None),  # touching
    ((0, 10), (12, 20), None),  # apart
    ((3, 3), (3, 3), None),  # no length at all
    ((10, 0), (0, 10), None),  # reversed
]


@pytest.mark.parametrize(("first", "second", "tiou"), CASES)
def test_tiou_of_pairs(first: tuple, second: tuple, tiou: float | None) -> None:
    group = np.zeros(1, np.int64)
    tiny = np.finfo(float).tiny
    actual = overlapping_pairs(
        group, np.array([first], float), group, np.array([second], float), tiny
    )
    assert actual[2].tolist() == ([] if tiou is None else [pytest.approx(tiou)])


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


def test_overlapping_pairs() -> None:
    """Nested and equal instances, long ones that reach over many others, groups without any."""
    rng = np.random.default_rng(0)
    segments = np.sort(rng.integers(0, 12, (400, 2)), axis=1).astype(float)
    group = rng.integers(-1, 4, 400)
    pred, truth = slice(0, 250), slice(250, 400)
    truth_group = np.abs(group[truth])
    expected = []
    for i, (start, end) in enumerate(segments[pred]):
        near = []
        for j, (true_start, true_end) in enumerate(segments[truth]):
            overlap = min(end, true_end) - max(start, true_start)
            union = (end - start) + (true_end - true_start) - overlap
            if group[pred][i] == truth_group[j] and overlap > 0 and overlap / union >= 0.2:
                near.append((-overlap / union, -j))
        expected += [(i, -j, -tiou) for tiou, j in sorted(near)]
    actual = overlapping_pairs(group[pred], segments[pred], truth_group, segments[truth], 0.2)
    assert len(expected) > 1000
    assert list(zip(*(column.tolist() for column in actual), strict=True)) == expected
