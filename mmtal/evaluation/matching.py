"""Which predictions overlap which instances, and who is matched to whom."""

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

MAX_PAIRS = 1 << 17
"""Pairs whose tIoU is computed at a time: what is held then fits the cache."""


def segment_tiou(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """tIoU of rows: (P, 2), (P, 2) -> (P,); 0 where the union is empty."""
    overlap = np.minimum(first[:, 1], second[:, 1]) - np.maximum(first[:, 0], second[:, 0])
    overlap = overlap.clip(min=0)
    union = (first[:, 1] - first[:, 0]) + (second[:, 1] - second[:, 0]) - overlap
    return np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)


def overlapping_pairs(
    pred_group: NDArray[np.int64],
    pred_segments: NDArray[np.float64],
    truth_group: NDArray[np.int64],
    truth_segments: NDArray[np.float64],
    min_tiou: float,
) -> Pairs:
    """All (prediction, instance) of the same group with a tIoU of at least ``min_tiou``.

    Args:
        pred_group: (M,), for instance recording and class as one number.
        pred_segments: (M, 2).
        truth_group: (N,).
        truth_segments: (N, 2).
        min_tiou: Above 0.

    Returns:
        Row of the prediction, row of the instance, tIoU; ordered by prediction, then highest tIoU
        first, then (equal tIoU) the later instance first.
    """
    by_group = np.argsort(truth_group, kind="stable")
    first = np.searchsorted(truth_group, pred_group, "left", sorter=by_group)
    count = np.searchsorted(truth_group, pred_group, "right", sorter=by_group) - first
    ends = np.cumsum(count)
    parts: list[Pairs] = []
    low = 0
    while low < len(count):
        done = ends[low] - count[low]
        high = max(low + 1, int(np.searchsorted(ends, done + MAX_PAIRS, "right")))
        pred = np.repeat(np.arange(low, high), count[low:high])
        # Position of each pair among its prediction's pairs: 0, 1, ..., 0, 1, ...
        within = np.arange(len(pred)) - (ends - count - done)[pred]
        truth = by_group[first[pred] + within]
        tiou = segment_tiou(pred_segments[pred], truth_segments[truth])
        near = tiou >= min_tiou
        parts.append((pred[near], truth[near], tiou[near]))
        low = high
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    pred, truth, tiou = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((-truth, -tiou, pred))
    return pred[order], truth[order], tiou[order]


def greedy_match(pred: NDArray[np.int64], truth: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Walk down a list of pairs and accept each whose two members are both still free.

    All pairs that come first for both of their members are accepted at once, since nothing before
    them can take either; the rest is repeated with the pairs left. This is the same result as the
    walk, in as many rounds as the longest chain of pairs that wait for each other (a few).

    Args:
        pred: (P,) row of the prediction, by precedence.
        truth: (P,) row of the instance.

    Returns:
        (P,) which pairs are accepted.
    """
    accepted = np.zeros(len(pred), dtype=bool)
    if not len(pred):
        return accepted
    leader_of_pred = np.empty(pred.max() + 1, dtype=np.int64)
    leader_of_truth = np.empty(truth.max() + 1, dtype=np.int64)
    pending = np.arange(len(pred))
    while len(pending):
        a, b = pred[pending], truth[pending]
        # Of repeated indices the last one written stays: written backwards, the first pair does.
        leader_of_pred[a[::-1]] = pending[::-1]
        leader_of_truth[b[::-1]] = pending[::-1]
        wins = (leader_of_pred[a] == pending) & (leader_of_truth[b] == pending)
        accepted[pending[wins]] = True
        # A member is taken exactly if the pair that led it in this round was accepted.
        pending = pending[~(accepted[leader_of_pred[a]] | accepted[leader_of_truth[b]])]
    return accepted
