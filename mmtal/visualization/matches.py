"""Which predictions of a recording are right. N ground truth, M predictions."""

from dataclasses import dataclass

import numpy as np

from mmtal.evaluation.matching import greedy_match, overlapping_pairs
from mmtal.visualization.recording_view import RecordingView

TIOU_OF_HIT = 0.5


@dataclass(frozen=True)
class Matches:
    """How predictions and instances of a recording meet.

    Args:
        hit: bool (M,), true positives.
        tiou: (M,) of a hit with its instance, of any other with the best instance of its class.
        hit_by: int (N,), the prediction that found each instance, -1 if none did.
    """

    hit: np.ndarray
    tiou: np.ndarray
    hit_by: np.ndarray


def match_predictions(view: RecordingView, *, tiou_thr: float = TIOU_OF_HIT) -> Matches:
    """Match as the evaluation does: best score first, each takes the nearest free instance.

    A lower score never takes an instance from a higher one, so what is found among the best
    predictions does not depend on how many more there are.

    Args:
        view: The recording.
        tiou_thr: tIoU of a hit, above 0.
    """
    if not 0 < tiou_thr <= 1:
        raise ValueError(f"the tIoU of a true positive must be in (0, 1], but got {tiou_thr:g}")
    order = np.argsort(-view.pred_scores, kind="stable")
    rank, truth, overlap = overlapping_pairs(
        view.pred_labels[order].astype(np.int64),
        view.pred_segments[order].astype(np.float64),
        view.gt_labels.astype(np.int64),
        view.gt_segments.astype(np.float64),
        np.finfo(float).tiny,
    )
    pred = order[rank]
    tiou = np.zeros(len(order))
    np.maximum.at(tiou, pred, overlap)
    near = overlap >= tiou_thr
    taken = np.flatnonzero(near)[greedy_match(rank[near], truth[near])]
    hit = np.zeros(len(order), dtype=bool)
    hit_by = np.full(len(view.gt_labels), -1)
    hit[pred[taken]] = True
    tiou[pred[taken]] = overlap[taken]
    hit_by[truth[taken]] = pred[taken]
    return Matches(hit, tiou, hit_by)
