"""Right and wrong predictions of one recording, for pictures."""

import numpy as np

from mmtal.evaluation.matching import match_detections
from mmtal.results.instance_table import InstanceTable
from mmtal.structures import TIOU_OF_HIT, TIOU_OF_NEAR, RecordingHits, RecordingView


def find_hits(view: RecordingView, *, tiou_thr: float | None = None) -> RecordingHits:
    """Match the predictions of a recording as the evaluation does, events within the tolerance."""
    if tiou_thr is None:
        tiou_thr = TIOU_OF_HIT if view.tolerance is None else TIOU_OF_NEAR
    if not 0 < tiou_thr <= 1:
        raise ValueError(f"the tIoU of a true positive must be in (0, 1], but got {tiou_thr:g}")
    truth = dict(segments=view.gt_segments, labels=view.gt_labels)
    found = dict(segments=view.pred_segments, labels=view.pred_labels, scores=view.pred_scores)
    matches = match_detections(
        InstanceTable.from_videos({view.video_id: truth}),
        InstanceTable.from_videos({view.video_id: found}),
        [tiou_thr],
        min_tiou=np.finfo(float).tiny,
    )
    pred, instance, overlap = matches.pairs
    (matched,) = matches.matched
    own = matched[pred] == instance
    hit = np.zeros(len(view.pred_scores), dtype=bool)
    tiou = np.zeros(len(hit))
    hit_by = np.full(len(view.gt_labels), -1)
    hit[matches.rows] = matched >= 0
    np.maximum.at(tiou, matches.rows[pred], overlap)
    tiou[matches.rows[pred[own]]] = overlap[own]
    hit_by[matched[matched >= 0]] = matches.rows[matched >= 0]
    return RecordingHits(hit, tiou, hit_by, tiou_thr)
