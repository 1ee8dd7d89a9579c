"""Points of a pyramid on the feature grid."""

from collections.abc import Sequence

import torch

from mmtal.registry import TASK_UTILS
from mmtal.structures import Points


@TASK_UTILS.register_module()
class PointGenerator:
    """Points at 0, s, 2s, ... of each level with level stride s.

    Args:
        level_strides: Grid steps between the points of each level.
    """

    def __init__(self, level_strides: Sequence[int]) -> None:
        self.level_strides = list(level_strides)

    def __call__(self, lengths: Sequence[int], device: torch.device | str = "cpu") -> Points:
        """Points for levels that have ``lengths`` positions."""
        if len(lengths) != len(self.level_strides):
            raise ValueError(
                f"expected lengths of {len(self.level_strides)} levels, but got {len(lengths)}"
            )
        counts = torch.tensor(list(lengths), device=device)
        strides = torch.tensor(self.level_strides, dtype=torch.float32, device=device)
        positions = [
            torch.arange(n, device=device) * s
            for n, s in zip(lengths, self.level_strides, strict=True)
        ]
        return Points(
            positions=torch.cat(positions).float(),
            level_strides=strides.repeat_interleave(counts),
            levels=torch.arange(len(lengths), device=device).repeat_interleave(counts),
        )
