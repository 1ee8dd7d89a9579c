"""Segment voting: after NMS, the neighbors of a segment refine its boundaries."""

import torch
from torch import Tensor

from mmtal.runtime.voting import vote

WEIGHTS = ("score_tiou", "score")


def vote_segments(
    kept: Tensor, segments: Tensor, scores: Tensor, tiou_thr: float, *, weight: str = "score_tiou"
) -> Tensor:
    """Replace each kept segment by the weighted mean of its neighbors among all candidates.

    A neighbor overlaps the kept segment by a tIoU of at least ``tiou_thr``.

    Args:
        kept: (M, 2).
        segments: (N, 2), all candidates.
        scores: (N,), their scores before NMS.
        tiou_thr: In (0, 1].
        weight: What a neighbor weighs: ``score_tiou``, its score times this tIoU (the official
            ActionFormer release); ``score``, its score alone (TriDet's release, OpenTAD).

    Returns:
        (M, 2), float32; a segment without any weight stays as it is.
    """
    arrays = kept.float(), segments.float(), scores.float()
    return vote(torch, *arrays, tiou_thr, weight=weight)
