"""Segments as a point plus two distances."""

import torch
from torch import Tensor

from mmtal.registry import TASK_UTILS


@TASK_UTILS.register_module()
class OffsetCoder:
    """Segment <-> distances from a point to both ends, in level strides."""

    def encode(self, positions: Tensor, level_strides: Tensor, segments: Tensor) -> Tensor:
        """(P,), (P,), (P, 2) in grid units -> offsets (P, 2) in level strides."""
        distances = torch.stack((positions - segments[:, 0], segments[:, 1] - positions), dim=-1)
        return distances / level_strides[:, None]

    def decode(self, positions: Tensor, level_strides: Tensor, offsets: Tensor) -> Tensor:
        """(P,), (P,), (P, 2) in level strides -> segments (P, 2) in grid units."""
        distances = offsets * level_strides[:, None]
        return torch.stack((positions - distances[:, 0], positions + distances[:, 1]), dim=-1)
