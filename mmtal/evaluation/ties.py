"""How much of a figure is the order of equal scores."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmtal.evaluation.average_precision import average_precision, class_mean
from mmtal.evaluation.matching import match_detections
from mmtal.evaluation.protocols import EvaluationProtocol
from mmtal.results.instance_table import InstanceTable

ORDERS = 20
"""Random orders of equal scores that are tried."""


def tie_range(
    protocol: EvaluationProtocol,
    truth: InstanceTable,
    detections: InstanceTable,
    classes: Sequence[str],
) -> dict[str, tuple[float, float]] | None:
    """Lowest and highest average mAP, in [0, 1], where detections of equal score change places.

    Which detections are right is that of the order by recording and row, for all orders; arguments
    are as :meth:`EvaluationProtocol.evaluate` takes them. ``random``: in ``ORDERS`` random orders;
    ``extremes``: all wrong detections first, or all right ones. None: no class has two detections
    of one score, or the protocol has no mAP.
    """
    if protocol.proposals or protocol.frames or protocol.points:
        return None
    truth, detections, _ = protocol.prepare(truth, detections, classes)
    matches = match_detections(truth, detections, protocol.tiou_thresholds)
    equal = (np.diff(matches.pred_class) == 0) & (np.diff(matches.scores) == 0)
    if not equal.any():
        return None
    tied = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
    group = np.append(0, np.cumsum(~equal))[tied]
    right = matches.hits.sum(axis=0)
    random = np.random.default_rng(0)

    def mean_ap(precedence: np.ndarray) -> float:
        """Average mAP where the lower precedence comes first among equal scores of a class."""
        order = np.arange(len(right))
        order[tied] = tied[np.lexsort((precedence[tied], group))]
        moved = replace(matches, pred_video=matches.pred_video[order], hits=matches.hits[:, order])
        return float(class_mean(average_precision(moved))[0].mean())

    means = [mean_ap(random.permutation(len(right))) for _ in range(ORDERS)]
    return dict(random=(min(means), max(means)), extremes=(mean_ap(right), mean_ap(-right)))
