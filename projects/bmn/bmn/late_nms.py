"""Soft-NMS that leaves what overlaps little alone, for recall. M proposals."""

import torch
from torch import Tensor

GUARD = 1e-6
"""Added to every length, as in OpenTAD."""


@torch.no_grad()
def late_soft_nms(
    segments: Tensor,
    scores: Tensor,
    *,
    tiou_thr: float,
    growth: float,
    number: int,
    sigma: float,
    min_score: float,
) -> tuple[Tensor, Tensor]:
    """Gaussian soft-NMS from a tIoU on that grows with the length of the better proposal.

    Source: BSN (Lin et al., ECCV 2018), section 3.4, as OpenTAD has it (its method 3).

    Args:
        segments: (M, 2).
        scores: (M,).
        tiou_thr: tIoU from which on scores are lowered, of a better proposal without length.
        growth: How much higher it is for each unit of length.
        number: Proposals to keep.
        sigma: Scores are multiplied by exp(-tIoU² / sigma).
        min_score: Proposals below are dropped.

    Returns:
        Indices of those that are kept, best first, and their scores.
    """
    starts, ends = segments.float().unbind(1)
    lengths, left = ends - starts + GUARD, scores.float().clone()
    kept: list[Tensor] = []
    kept_scores: list[Tensor] = []
    while len(kept) < min(number, len(left)):
        score, best = left.max(0)
        if score < 0:
            break
        kept.append(best)
        kept_scores.append(score)
        overlap = torch.minimum(ends, ends[best]) - torch.maximum(starts, starts[best])
        overlap = overlap.clamp(min=0)
        tiou = overlap / (lengths + lengths[best] - overlap)
        lowered = tiou >= tiou_thr + growth * lengths[best]
        left = torch.where(lowered, left * torch.exp(-tiou.square() / sigma), left)
        left[left < min_score] = -1
        left[best] = -1
    none = left[:0]
    return torch.stack(kept) if kept else none.long(), torch.stack(kept_scores) if kept else none
