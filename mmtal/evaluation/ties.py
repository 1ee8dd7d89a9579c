"""How much of a figure is the order of equal scores."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmtal.evaluation.average_precision import average_precision, class_mean
from mmtal.evaluation.matching import Matches, match_detections
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

    Which detections are right is that of the order by recording and row, for all orders.

    Args:
        protocol: One with mAP.
        truth: As :meth:`EvaluationProtocol.evaluate` takes it, as are the next two.
        detections: As predicted.
        classes: Names by label.

    Returns:
        ``random``: in ``ORDERS`` random orders; ``extremes``: all wrong detections first, or all
        right ones. None: no class has two detections of one score, or the protocol has no mAP.
    """
    if protocol.proposals:
        return None
    truth, detections, _ = protocol.prepare(truth, detections, classes)
    matches = match_detections(truth, detections, protocol.tiou_thresholds)
    same_class = np.diff(matches.pred_class) == 0
    if not (same_class & (np.diff(matches.scores) == 0)).any():
        return None
    right = matches.hits.sum(axis=0)
    random = np.random.default_rng(0)
    means = [_mean_ap(matches, random.permutation(len(right))) for _ in range(ORDERS)]
    return dict(
        random=(min(means), max(means)),
        extremes=(_mean_ap(matches, right), _mean_ap(matches, -right)),
    )


def _mean_ap(matches: Matches, precedence: np.ndarray) -> float:
    """Average mAP where the lower precedence comes first among equal scores of a class."""
    order = np.lexsort((precedence, -matches.scores, matches.pred_class))
    moved = replace(
        matches,
        pred_class=matches.pred_class[order],
        pred_video=matches.pred_video[order],
        scores=matches.scores[order],
        hits=matches.hits[:, order],
    )
    ap = average_precision(moved)
    return float(class_mean(ap)[0].mean())
