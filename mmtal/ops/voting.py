"""Segment voting: after NMS, the neighbors of a segment refine its boundaries."""

import torch
from torch import Tensor

from mmtal.structures import pairwise_tiou

WEIGHTS = ("score_tiou", "score")
_PAIRS_AT_ONCE = 2**20  # bounds the memory to a few times 4 MiB


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
    kept, segments, scores = kept.float(), segments.float(), scores.float()
    rows = max(1, _PAIRS_AT_ONCE // max(1, len(segments)))
    voted = [kept.new_zeros(0, 2)]
    for part in kept.split(rows):
        tiou = pairwise_tiou(part, segments)  # (m, N)
        weights = scores * (tiou >= tiou_thr)  # (m, N)
        if weight == "score_tiou":
            weights = weights * tiou
        total = weights.sum(dim=1)
        # Not a matrix product, which would lose digits under autocast or TF32.
        starts, ends = ((weights * side).sum(dim=1) / total for side in segments.unbind(1))
        mean = torch.stack([starts, ends], dim=1)
        voted.append(torch.where(total[:, None] > 0, mean, part))
    return torch.cat(voted)
