"""Pure functions on segments: float tensors (N, 2) of (start, end).

N ground truth, M predictions. All accept zero segments.
"""

import torch
from torch import Tensor


def segment_lengths(segments: Tensor) -> Tensor:
    """(N, 2) -> (N,)."""
    return segments[..., 1] - segments[..., 0]


def pairwise_tiou(first: Tensor, second: Tensor) -> Tensor:
    """Temporal intersection over union of each of ``first`` with each of ``second``.

    Args:
        first: (N, 2).
        second: (M, 2).

    Returns:
        (N, M) in [0, 1]; 0 where both segments are empty.
    """
    start = torch.maximum(first[:, None, 0], second[None, :, 0])
    end = torch.minimum(first[:, None, 1], second[None, :, 1])
    overlap = (end - start).clamp(min=0)  # (N, M)
    union = segment_lengths(first)[:, None] + segment_lengths(second)[None] - overlap
    return torch.where(union > 0, overlap / union, torch.zeros_like(overlap))


def clip_segments(segments: Tensor, start: float, end: float) -> Tensor:
    """Both ends into [start, end]; a segment outside becomes empty, none is dropped."""
    return segments.clamp(min=start, max=end)
