"""Precision at the hits of one class and the area below it, for many weightings at once.

Precision only rises at hits, so that its envelope needs no other detection. B weightings, T tIoU
thresholds, M detections of the class by falling score, P hits.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from mmtal.utils.compiled import compiled


@numba.njit()
def precision_at_hits(
    weight: NDArray[np.float64],
    seen: NDArray[np.float64],
    hits: NDArray[np.int64],
    gain: float,
    found: float,
) -> NDArray[np.float64]:  # pragma: no cover
    """(P,) precision down to each hit, one of the rows ``hits`` (P,).

    Detections count ``weight`` (M,) times, ``seen`` (M,) in all down to each, hits ``gain`` times
    as much as false positives; ``found`` hits lie above all detections.
    """
    precision = np.zeros(len(hits))
    true = 0.0
    for i, row in enumerate(hits):
        true += weight[row]
        gained = (true + found) * gain
        total = gained + (seen[row] - true)
        if total > 0:
            precision[i] = gained / total
    return precision


def _class_ap(
    weights: NDArray[np.float64],
    video: NDArray[np.int64],
    hits: NDArray[np.int64],
    starts: NDArray[np.int64],
    made: NDArray[np.bool_],
    num_truth: NDArray[np.float64],
    gain: NDArray[np.float64],
    found: NDArray[np.float64],
) -> NDArray[np.float64]:  # pragma: no cover
    """(B, T) average precision of one class; NaN where it has no instance.

    ``weights`` (B, V) are how often each recording counts, ``video`` (M,) the recording of each
    detection. ``hits`` are rows of the hits of all thresholds, those of threshold t from
    ``starts[t]`` to ``starts[t + 1]``; ``made``, (1, M) or (T, M), says which detections count at
    all. (B,) instances are to be found, (T,) are found above all detections; a hit counts ``gain``
    (B,) times as much as a false positive.
    """
    ap = np.full((len(weights), len(found)), np.nan)
    weight = np.empty(len(video))
    seen = np.empty(len(video))
    for b in range(len(weights)):
        if num_truth[b] <= 0:
            continue
        for k in range(len(video)):
            weight[k] = weights[b, video[k]]
        for t in range(len(found)):
            if t < len(made):
                running = 0.0
                for k in range(len(video)):
                    running += weight[k] * made[t, k]
                    seen[k] = running
            own = hits[starts[t] : starts[t + 1]]
            precision = precision_at_hits(weight, seen, own, gain[b], found[t])
            best = 0.0
            area = found[t]
            for i in range(len(own) - 1, -1, -1):
                best = max(best, precision[i])
                area += best * weight[own[i]]
            ap[b, t] = area / num_truth[b]
    return ap


class_ap = compiled(
    "f8[:, ::1](f8[:, ::1], i8[::1], i8[::1], i8[::1], b1[:, :], f8[:], f8[:], f8[:])", _class_ap
)
