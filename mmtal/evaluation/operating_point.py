"""The score above which detections are shown to people."""

import math
from dataclasses import dataclass

import numpy as np

from mmtal.evaluation.average_precision import score_order
from mmtal.evaluation.matching import greedy_match, overlapping_pairs
from mmtal.results.instance_table import InstanceTable


@dataclass(frozen=True)
class OperatingPoint:
    """What detections that score at least ``score_thr`` are worth, all classes together.

    Attributes:
        score_thr: The threshold.
        f1: 2 TP / (detections + instances), in [0, 1].
        precision: TP / detections.
        recall: TP / instances.
        tiou: From which tIoU on a detection counts as true.
    """

    score_thr: float
    f1: float
    precision: float
    recall: float
    tiou: float


def best_f1(
    truth: InstanceTable, detections: InstanceTable, *, tiou: float = 0.5
) -> OperatingPoint | None:
    """The threshold whose F1 is highest, one for all classes.

    Detections are matched as for average precision: by falling score, each takes the free instance
    of its recording and class with the highest tIoU, if that is at least ``tiou``. TP, detections
    and instances are counted over all recordings and classes before F1 is computed (micro F1), so
    detections of a class or recording that the ground truth lacks count against it. Of thresholds
    with equal F1 the highest counts; it is written with as few digits as select the same
    detections.

    Args:
        truth: Ground truth.
        detections: In any order.
        tiou: In (0, 1].

    Returns:
        None: no threshold finds anything.
    """
    order = score_order(detections, np.zeros(len(detections), np.int64))
    scores = detections.scores[order]
    num_classes = 1 + max(truth.labels.max(initial=0), detections.labels.max(initial=0))
    # Detections in a recording that is not listed (-1) get a group below all of the truth's.
    video = detections.video_index_in(truth.video_ids)
    pred, instance, _ = overlapping_pairs(
        (video * num_classes + detections.labels)[order],
        detections.segments[order],
        truth.video * num_classes + truth.labels,
        truth.segments,
        tiou,
    )
    if not len(pred):
        return None
    hits = np.zeros(len(scores))
    hits[pred[greedy_match(pred, instance)]] = 1
    found = np.cumsum(hits)
    shown = np.arange(len(scores)) + 1
    f1 = 2 * found / (shown + len(truth))
    f1[:-1][scores[1:] == scores[:-1]] = -1  # a threshold cannot part equal scores
    best = int(f1.argmax())
    return OperatingPoint(
        score_thr=_shortest(scores[best], below=scores[best + 1 :].max(initial=0.0)),
        f1=float(f1[best]),
        precision=float(found[best] / shown[best]),
        recall=float(found[best] / len(truth)),
        tiou=tiou,
    )


def _shortest(score: float, *, below: float) -> float:
    """The number of fewest decimals in (below, score], and at least 90 % of the score."""
    for decimals in range(1, 17):
        value = math.floor(score * 10**decimals) / 10**decimals
        if max(below, 0.9 * score) < value <= score:
            return value
    return float(score)
