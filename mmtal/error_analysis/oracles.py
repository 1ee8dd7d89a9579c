"""mAP of the same detections with one part made perfect."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mmtal.error_analysis.errors import MIN_TIOU, Overlaps, mean_ap_pair
from mmtal.evaluation.matching import MatchedDetections, match_detections

ORACLES = {
    "perfect labels": "each detection takes the label of the instance that it overlaps most",
    "perfect boundaries": "each detection takes the segment of the instance of its class that it "
    "overlaps most",
    "perfect labels and boundaries": "each detection becomes the instance that it overlaps most",
    "perfect scores": "every true positive scores higher than every false positive",
}
"""The experiments. An overlap counts from a tIoU of 0.1. A detection that was changed and still
hits nothing is taken out: it repeats an instance that another one has found."""


@dataclass(frozen=True)
class Oracle:
    """(2,) average mAP and average-mAP_N of an experiment, and their gain over the detections."""

    name: str
    scores: NDArray[np.float64]
    gain: NDArray[np.float64]


def run_oracles(matches: MatchedDetections, overlaps: Overlaps) -> list[Oracle]:
    """All experiments of ``ORACLES``, on all detections of the classes present."""
    base = mean_ap_pair(matches, matches.hits, ~matches.hits)
    any_class = np.where(overlaps.tiou >= MIN_TIOU, overlaps.instance, -1)
    own_class = _nearest_of_own_class(overlaps, len(matches.rows))
    scores = [
        _change(matches, any_class, labels=True),
        _change(matches, own_class, segments=True),
        _change(matches, any_class, labels=True, segments=True),
        mean_ap_pair(matches, matches.hits, np.zeros_like(matches.hits)),
    ]
    return [Oracle(name, value, value - base) for name, value in zip(ORACLES, scores, strict=True)]


def _nearest_of_own_class(overlaps: Overlaps, number: int) -> NDArray[np.int64]:
    """(M,) row of the instance of its class that a detection overlaps most, or -1."""
    pred, instance, tiou = overlaps.pairs
    rows = np.flatnonzero(overlaps.same & (tiou >= MIN_TIOU))
    first = rows[np.unique(pred[rows], return_index=True)[1]]  # pairs come highest tIoU first
    nearest = np.full(number, -1)
    nearest[pred[first]] = instance[first]
    return nearest


def _change(
    matches: MatchedDetections,
    nearest: NDArray[np.int64],
    *,
    labels: bool = False,
    segments: bool = False,
) -> NDArray[np.float64]:
    """(2,) figures if detections took labels or segments of the instances ``nearest``."""
    truth, old = matches.truth, matches.detections
    if not len(truth):
        return np.full(2, np.nan)
    some = nearest >= 0
    new = replace(
        old,
        labels=np.where(some & labels, truth.labels[nearest], old.labels),
        segments=np.where((some & segments)[:, None], truth.segments[nearest], old.segments),
    )
    changed = (new.labels != old.labels) | (new.segments != old.segments).any(axis=1)
    rematched = match_detections(truth, new, matches.tiou_thresholds.tolist())
    false = ~rematched.hits & ~changed[rematched.rows]
    return mean_ap_pair(rematched, rematched.hits, false)
