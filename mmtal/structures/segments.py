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
    return tiou(first[:, None], second[None])


def tiou(first: Tensor, second: Tensor) -> Tensor:
    """Temporal intersection over union, broadcast: (..., 2), (..., 2) -> (...).

    0 where both segments are empty.
    """
    start = torch.maximum(first[..., 0], second[..., 0])
    end = torch.minimum(first[..., 1], second[..., 1])
    overlap = (end - start).clamp(min=0)
    union = segment_lengths(first) + segment_lengths(second) - overlap
    return overlap / torch.where(union > 0, union, torch.ones_like(union))


def to_boxes(segments: Tensor) -> Tensor:
    """Starts and ends to centers and widths: (..., 2) -> (..., 2)."""
    return torch.stack((segments.mean(-1), segment_lengths(segments)), dim=-1)


def to_segments(boxes: Tensor) -> Tensor:
    """Centers and widths to starts and ends: (..., 2) -> (..., 2)."""
    center, reach = boxes[..., 0], boxes[..., 1] / 2
    return torch.stack((center - reach, center + reach), dim=-1)


def clip_segments(segments: Tensor, start: float, end: float) -> Tensor:
    """Both ends into [start, end]; a segment outside becomes empty, none is dropped."""
    return segments.clamp(min=start, max=end)
