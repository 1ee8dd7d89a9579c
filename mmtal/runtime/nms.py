"""Segment NMS of arrays, as :func:`mmtal.ops.segment_nms` does it for tensors.

N candidates, M kept segments.
"""

import numpy as np
from numpy.typing import NDArray

from mmtal.runtime import nms_numba
from mmtal.runtime.nms_rule import NEAR
from mmtal.runtime.voting import vote

Columns = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]


def segment_nms(
    segments: NDArray[np.float32],
    scores: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    min_score: float,
    max_per_video: int,
    method: str = "gaussian",
    tiou_thr: float | None = None,
    sigma: float | None = None,
    distance: float | None = None,
    class_agnostic: bool = False,
    voting_thr: float | None = None,
    voting_weight: str = "score_tiou",
    backend: str = "auto",
) -> Columns:
    """Segments (N, 2), scores (N,), labels (N,) -> those of the M that are kept, best first.

    For arguments, which the model's head has checked, see :func:`mmtal.ops.segment_nms`;
    ``backend`` has no meaning here.
    """
    every, every_score = segments, scores
    if method == "hard" and min_score > 0:
        rows = scores > min_score
        segments, scores, labels = segments[rows], scores[rows], labels[rows]
    if not len(segments):
        return segments, scores, labels
    competing = segments
    if distance is not None:
        reach = np.array([-distance / 2, distance / 2], np.float32)
        competing, tiou_thr = segments.mean(1, keepdims=True) + reach, NEAR
    kept, kept_scores = nms_numba.select(
        competing,
        scores,
        np.zeros_like(labels) if class_agnostic else labels,
        method=method,
        tiou_thr=1.0 if tiou_thr is None else tiou_thr,
        sigma=1.0 if sigma is None else sigma,
        min_score=min_score,
        max_picks=max_per_video,
    )
    found = segments[kept]
    if voting_thr is not None:
        found = vote(np, found, every, every_score, voting_thr, weight=voting_weight)
    return found, kept_scores, labels[kept]
