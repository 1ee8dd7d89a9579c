"""Segment voting: after NMS, the neighbours of a segment refine its boundaries."""

import torch
from torch import Tensor

from mmtal.structures import pairwise_tiou

_PAIRS_AT_ONCE = 2**20  # bounds the memory to a few times 4 MiB


def vote_segments(kept: Tensor, segments: Tensor, scores: Tensor, tiou_thr: float) -> Tensor:
    """Replace each kept segment by the weighted mean of its neighbours among all candidates.

    A neighbour overlaps the kept segment by a tIoU of at least ``tiou_thr``; it weighs its score
    times this tIoU.

    Args:
        kept: (M, 2).
        segments: (N, 2), all candidates.
        scores: (N,), their scores before NMS.
        tiou_thr: In (0, 1].

    Returns:
        (M, 2), float32; a segment without any weight stays as it is.
    """
    kept, segments, scores = kept.float(), segments.float(), scores.float()
    rows = max(1, _PAIRS_AT_ONCE // max(1, len(segments)))
    voted = [kept.new_zeros(0, 2)]
    for part in kept.split(rows):
        tiou = pairwise_tiou(part, segments)  # (m, N)
        weights = tiou * scores * (tiou >= tiou_thr)
        total = weights.sum(dim=1)
        # Not a matrix product, which would lose digits under autocast or TF32.
        starts, ends = ((weights * side).sum(dim=1) / total for side in segments.unbind(1))
        mean = torch.stack([starts, ends], dim=1)
        voted.append(torch.where(total[:, None] > 0, mean, part))
    return torch.cat(voted)
