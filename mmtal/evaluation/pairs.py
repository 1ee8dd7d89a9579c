"""Pairs of a detection and an instance that overlap, and who takes whom.

M detections, N instances, P pairs.
"""

import numpy as np
from numpy.typing import NDArray

from mmtal.utils.compiled import compiled

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def overlapping_pairs(
    pred_group: NDArray[np.int64],
    pred_segments: NDArray[np.float64],
    truth_group: NDArray[np.int64],
    truth_segments: NDArray[np.float64],
    min_tiou: float,
) -> Pairs:
    """All (prediction, instance) of one group with a tIoU of at least ``min_tiou``, above 0.

    Groups (M,) and (N,) are for instance recording and class as one number; segments are (M, 2)
    and (N, 2). Returned are row of the prediction, row of the instance and tIoU; ordered by
    prediction, then highest tIoU first, then (equal tIoU) the later instance first.
    """
    by_start = np.lexsort((truth_segments[:, 0], truth_group))
    pred, truth, tiou = near_pairs(
        pred_group, pred_segments, truth_group[by_start], truth_segments[by_start], min_tiou
    )
    truth = by_start[truth]
    order = np.lexsort((-truth, -tiou, pred))
    return pred[order], truth[order], tiou[order]


def _near_pairs(
    pred_group: NDArray[np.int64],
    pred_segments: NDArray[np.float64],
    group: NDArray[np.int64],
    segments: NDArray[np.float64],
    min_tiou: float,
) -> Pairs:  # pragma: no cover
    """The pairs; ``group`` and ``segments`` are of instances ordered by group and start."""
    reach = segments[:, 1].copy()  # the last end up to here, in the group
    for k in range(1, len(reach)):
        if group[k] == group[k - 1]:
            reach[k] = max(reach[k], reach[k - 1])
    pred = np.empty(len(pred_group) // 4 + 16, np.int64)
    truth, tiou = np.empty_like(pred), np.empty(len(pred))
    found = 0
    for i in range(len(pred_group)):
        start, end = pred_segments[i]
        low, high = 0, len(group)  # of the first instance of the group that is not over by then
        while low < high:
            k = (low + high) // 2
            if group[k] > pred_group[i] or (group[k] == pred_group[i] and reach[k] > start):
                high = k
            else:
                low = k + 1
        while low < len(group) and group[low] == pred_group[i] and segments[low, 0] < end:
            overlap = min(end, segments[low, 1]) - max(start, segments[low, 0])
            union = (end - start) + (segments[low, 1] - segments[low, 0]) - overlap
            if overlap > 0 and overlap / union >= min_tiou:
                if found == len(pred):
                    pred, truth = np.append(pred, pred), np.append(truth, truth)
                    tiou = np.append(tiou, tiou)
                pred[found], truth[found], tiou[found] = i, low, overlap / union
                found += 1
            low += 1
    return pred[:found], truth[:found], tiou[:found]


def _greedy_match(
    pred: NDArray[np.int64], truth: NDArray[np.int64]
) -> NDArray[np.bool_]:  # pragma: no cover
    """Walk down pairs (P,) and accept each whose two members are both still free: bool (P,)."""
    accepted = np.zeros(len(pred), np.bool_)
    if len(pred):
        pred_taken = np.zeros(pred.max() + 1, np.bool_)
        truth_taken = np.zeros(truth.max() + 1, np.bool_)
        for k in range(len(pred)):
            if not (pred_taken[pred[k]] or truth_taken[truth[k]]):
                accepted[k] = pred_taken[pred[k]] = truth_taken[truth[k]] = True
    return accepted


near_pairs = compiled(
    "Tuple((i8[::1], i8[::1], f8[::1]))(i8[:], f8[:, :], i8[:], f8[:, :], f8)", _near_pairs
)
greedy_match = compiled("b1[::1](i8[:], i8[:])", _greedy_match)
