"""Segment voting as the TriDet release has it: neighbours weigh their scores, and nothing else."""

from torch import Tensor

from mmtal.structures import pairwise_tiou


def vote_by_score(kept: Tensor, segments: Tensor, scores: Tensor, tiou_thr: float) -> Tensor:
    """Replace each kept segment by the weighted mean of its neighbours among all candidates.

    :func:`mmtal.ops.vote_segments` weighs score times tIoU, as ActionFormer's release does.

    Args:
        kept: (M, 2), some of ``segments``.
        segments: (N, 2), all candidates.
        scores: (N,), > 0, their scores before NMS.
        tiou_thr: Neighbours overlap at least so much.

    Returns:
        (M, 2).
    """
    weights = scores * (pairwise_tiou(kept, segments) >= tiou_thr)  # (M, N)
    total = weights.sum(dim=1)
    return (weights[..., None] * segments).sum(dim=1) / total[:, None]
