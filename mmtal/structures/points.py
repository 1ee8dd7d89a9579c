"""Positions of a pyramid's predictions on the feature grid."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Points:
    """P points of all levels, concatenated, finest level first.

    Attributes:
        positions: (P,) in grid units.
        level_strides: (P,) level stride of each point's level, in grid units.
        levels: (P,) int64 index of each point's level.
    """

    positions: Tensor
    level_strides: Tensor
    levels: Tensor
