"""Average precision from hits and false positives, plain or normalized.

Source: Alwassel et al., "Diagnosing Error in Temporal Action Detectors" (DETAD), ECCV 2018, after
Hoiem et al., "Diagnosing Error in Object Detectors", ECCV 2012.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.average_precision import DetectionScores
from mmtal.evaluation.matched_detections import MatchedDetections, match_detections
from mmtal.results.instance_table import InstanceTable


def normalized_detection_scores(
    truth: InstanceTable, detections: InstanceTable, tiou_thresholds: str | Sequence[float]
) -> DetectionScores:
    """AP_N of each class; its ``average_map`` is the average-mAP_N.

    Precision depends on how frequent a class is: with the same detector, a rare class has the
    lower precision. Normalized precision supposes that every class had the mean number of
    instances, so that classes, and parts of the ground truth, can be compared:
    ``r * n / (r * n + false positives)`` for recall r and n = instances / classes.

    Args:
        truth: Ground truth, see :func:`mmtal.results.instance_table.without_duplicates`.
        detections: Those of classes that the ground truth lacks are ignored (protocol
            ``corrected``).
        tiou_thresholds: See :func:`mmtal.evaluation.thresholds.tiou_grid`.

    Returns:
        As :func:`mmtal.evaluation.average_precision.detection_scores`, with AP_N in place of AP.
    """
    matches = match_detections(truth, detections, tiou_thresholds)
    ap = class_average_precision(matches, matches.hits, ~matches.hits, normalized=True)
    no_recall = np.zeros((*ap.shape[:1], 0, *ap.shape[1:]))
    return DetectionScores(matches.classes, matches.tiou_thresholds, (), ap, no_recall)


def class_average_precision(
    matches: MatchedDetections,
    hits: NDArray[np.bool_],
    false: NDArray[np.bool_],
    *,
    normalized: bool,
    num_truth: NDArray[np.int64] | None = None,
    found: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """(T, C) average precision (VOC 2011), NaN for classes without an instance.

    A detection that is neither a hit nor false counts as not made.

    Args:
        matches: Gives the order of the detections.
        hits: (T, M) true positives.
        false: (T, M) false positives.
        normalized: AP_N in place of AP.
        num_truth: (C,) instances to be found, where not all are.
        found: (T, C) instances found besides, with a score above all others.
    """
    num_truth = matches.num_truth if num_truth is None else num_truth
    if found is None:
        found = np.zeros((len(hits), len(num_truth)), dtype=np.int64)
    ends = np.searchsorted(matches.pred_class, np.arange(len(num_truth) + 1))
    ap = np.full((len(hits), len(num_truth)), np.nan)
    for c, (low, high) in enumerate(pairwise(ends)):
        if not num_truth[c]:
            continue
        hit = hits[:, low:high]
        weight = matches.average_instances / num_truth[c] if normalized else 1.0
        precision = precision_curve(hit, false[:, low:high], weight=weight, found=found[:, c])
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        ap[:, c] = (found[:, c] + (envelope * hit).sum(axis=1)) / num_truth[c]
    return ap


def precision_curve(
    hit: NDArray[np.bool_],
    false: NDArray[np.bool_],
    *,
    weight: float,
    found: NDArray[np.int64] | int = 0,
) -> NDArray[np.float64]:
    """(T, M) precision down the list; each hit counts ``weight`` times; 0 before the first."""
    true = (np.cumsum(hit, axis=1) + np.reshape(found, (-1, 1))) * weight
    total = true + np.cumsum(false, axis=1)
    return np.divide(true, total, out=np.zeros_like(total, dtype=np.float64), where=total > 0)


def mean_over_classes(ap: NDArray[np.float64]) -> float:
    """Mean over classes that have instances, then over thresholds; NaN if none has."""
    present = ~np.isnan(ap).all(axis=0)
    return float(ap[:, present].mean()) if present.any() else float("nan")


def mean_ap_pair(
    matches: MatchedDetections,
    hits: NDArray[np.bool_],
    false: NDArray[np.bool_],
    *,
    found: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """(2,) average mAP and average-mAP_N."""
    return np.array(
        [
            mean_over_classes(
                class_average_precision(matches, hits, false, normalized=normalized, found=found)
            )
            for normalized in (False, True)
        ]
    )
