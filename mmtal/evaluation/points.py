"""Average precision of events without duration: points in time, with a tolerance.

N true points, M predicted ones, of one class in all recordings; ``video`` is the recording of each.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmtal.results.instance_table import InstanceTable

FAR = 2
"""Times the largest tolerance: points further apart have nothing to do with each other."""
WIDTH = 11 / 9 * FAR
"""Of segments around points whose tIoU at that distance is 0.1, times the largest tolerance."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Points(NamedTuple):
    """Points of one class, in the order that decides between equal ones.

    Attributes:
        video: int (N,), the recording of each.
        times: (N,), in the unit of the tolerance.
        scores: (N,).
    """

    video: Ints
    times: Floats
    scores: Floats


def widened(table: InstanceTable, tolerances: Sequence[float]) -> InstanceTable:
    """The middles of a table's segments as segments of one length, so that tIoU goes by distance.

    Matched at the thresholds of :func:`tolerances_as_tiou`, they hit as :func:`nearest_hits` says
    of inclusive tolerances (rising, in the unit of the segments).
    """
    half = max(tolerances) * WIDTH / 2
    return replace(table, segments=table.segments.mean(axis=1, keepdims=True) + [-half, half])


def tolerances_as_tiou(tolerances: Sequence[float]) -> list[float]:
    """The tIoU of :func:`widened` points at each tolerance, the largest tolerance first."""
    width = max(tolerances) * WIDTH
    # rounding must not lose what is as far as the tolerance
    return [(width - d) / (width + d) - 1e-9 for d in reversed(tolerances)]


def nearest_hits(
    truth: Points, found: Points, tolerance: float, *, inclusive: bool
) -> NDArray[np.bool_]:
    """Which predictions are right: bool (M,).

    By falling score (equal ones in their order) each takes the nearest free point of its recording,
    the first of equally near ones, if that is no further than the tolerance.

    Args:
        truth: True points.
        found: Predicted ones.
        tolerance: Largest distance.
        inclusive: Whether the distance may equal the tolerance.
    """
    hits = np.zeros(len(found.times), dtype=bool)
    rows = {video: np.flatnonzero(truth.video == video) for video in np.unique(truth.video)}
    free = {video: np.ones(len(own), dtype=bool) for video, own in rows.items()}
    for index in np.argsort(-found.scores, kind="stable"):
        video = found.video[index]
        if video not in rows or not free[video].any():
            continue
        distances = np.abs(truth.times[rows[video]] - found.times[index])
        distances[~free[video]] = np.inf
        nearest = int(distances.argmin())
        near = distances[nearest]
        if near < tolerance or (inclusive and near == tolerance):
            hits[index], free[video][nearest] = True, False
    return hits


def interpolated_ap(hits: NDArray[np.bool_], scores: Floats, total: int) -> float:
    """Mean over the true points of the best precision from the recall on that each one gives."""
    order = np.argsort(-scores, kind="stable")
    precision = np.cumsum(hits[order]) / np.arange(1, len(order) + 1)
    best = np.maximum.accumulate(precision[hits[order]][::-1])
    return float(best.sum() / total)


def stepwise_ap(hits: NDArray[np.bool_], scores: Floats, total: int) -> float:
    """Sum of precision times gain in recall, one step for each score that occurs."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, len(order) > 0))
    right = np.cumsum(hits[order])[last]
    return float((np.diff(right, prepend=0) * right / (last + 1)).sum() / total)


def greedy_hits(truth: Points, found: Points, tolerance: float) -> NDArray[np.bool_]:
    """Which predictions are right, as SoccerNet matches them: bool (M,).

    By rising time each true point takes the free prediction of its recording with the highest
    score within the tolerance, the earliest of equal ones.
    """
    hits = np.zeros(len(found.times), dtype=bool)
    order = np.lexsort((found.times, -found.scores))
    for video in np.unique(truth.video):
        rows = order[found.video[order] == video]
        times, free = found.times[rows], np.ones(len(rows), dtype=bool)
        for time in np.sort(truth.times[truth.video == video]):
            near = free & (np.abs(times - time) <= tolerance)
            if near.any():
                free[near.argmax()] = False
        hits[rows] = ~free
    return hits


def eleven_point_ap(
    hits: NDArray[np.bool_], scores: Floats, total: int, *, steps: int = 200
) -> float:
    """SoccerNet's: precision and recall at ``steps`` thresholds from 0 to 1; VOC 2007's 11 points.

    0 for a class without a true point.
    """
    order = np.argsort(scores)
    thresholds = np.linspace(0, 1, steps)
    first = np.searchsorted(scores[order], thresholds)
    right = np.append(np.cumsum(hits[order][::-1])[::-1], 0)[first]
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.nan_to_num(right / (len(order) - first))
        recall = np.nan_to_num(right / np.float64(total))
    points = [precision[recall >= level].max(initial=0) for level in np.arange(11) / 10]
    return float(sum(points) / 11)
