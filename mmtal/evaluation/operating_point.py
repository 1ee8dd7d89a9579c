"""Choose the score above which detections are shown to people."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.matching import match_by_class
from mmtal.results.instance_table import InstanceTable


@dataclass(frozen=True)
class OperatingPoint:
    """What detections that score at least ``score_thr`` are worth, all classes together.

    Attributes:
        score_thr: The threshold.
        f1: 2 TP / (detections + instances), in [0, 1].
        precision: TP / detections.
        recall: TP / instances.
        tiou: From which tIoU on a detection counts as true; None: of events.
        tolerance: Of events, how far off one may be found, with its unit.
    """

    score_thr: float
    f1: float
    precision: float
    recall: float
    tiou: float | None
    tolerance: str | None = None


def best_f1(
    truth: InstanceTable, detections: InstanceTable, *, tiou: float = 0.5
) -> OperatingPoint | None:
    """The threshold whose F1 is highest, one for all classes; None: no threshold finds anything.

    Detections are matched as for average precision: by falling score, each takes the free instance
    of its recording and class with the highest tIoU, if that is at least ``tiou``. TP, detections
    and instances are counted over all recordings and classes before F1 is computed (micro F1), so
    detections of a class or recording that the ground truth lacks count against it. Of thresholds
    with equal F1 the highest counts; it is written with as few digits as select the same
    detections.
    """
    labels = np.union1d(truth.labels, detections.labels)
    parts = match_by_class(truth, detections, [tiou], classes=labels)
    columns = zip(*((part.scores, part.hits[0]) for part in parts), strict=True)
    scores, hits = map(np.concatenate, columns)
    if not hits.any():
        return None
    score, f1, precision, recall = best_threshold(scores, hits, len(truth))
    below = scores[scores < score].max(initial=0.0)
    return OperatingPoint(_shortest(score, below=below), f1, precision, recall, tiou)


def best_threshold(
    scores: NDArray[np.float64], hits: NDArray[np.bool_], num_truth: int
) -> tuple[float, float, float, float]:
    """The score with the highest F1, and F1, precision and recall from it on, of M > 0 scores."""
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    found = np.cumsum(hits[order])
    shown = np.arange(len(scores)) + 1
    f1 = 2 * found / (shown + num_truth)
    f1[:-1][scores[1:] == scores[:-1]] = -1  # a threshold cannot part equal scores
    best = int(f1.argmax())
    precision, recall = found[best] / shown[best], found[best] / num_truth
    return float(scores[best]), float(f1[best]), float(precision), float(recall)


def _shortest(score: float, *, below: float) -> float:
    """The number of fewest decimals in (below, score], and at least 90 % of the score."""
    for decimals in range(1, 17):
        value = math.floor(score * 10**decimals) / 10**decimals
        if max(below, 0.9 * score) < value <= score:
            return value
    return float(score)
