"""Assign events without duration to points. P points, N events, K classes."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mmtal.registry import TASK_UTILS
from mmtal.structures import Points


@TASK_UTILS.register_module()
class RadiusAssigner:
    """Points of some levels within a radius of an event predict it.

    Args:
        radius: No positive is further from an event than this, in level strides.
        levels: Which levels own events, 0 being the finest.
    """

    sees_predictions = False

    def __init__(self, radius: float = 1.5, *, levels: Sequence[int] = (0,)) -> None:
        if not radius > 0:
            raise ValueError(f"radius must be > 0, but got {radius}")
        if not levels or min(levels) < 0 or len(set(levels)) < len(levels):
            raise ValueError(f"levels must be different numbers from 0 on, but got {levels}")
        self.radius = radius
        self.levels = sorted(levels)

    @torch.no_grad()
    def __call__(
        self, points: Points, segments: Tensor, labels: Tensor, num_classes: int
    ) -> tuple[Tensor, Tensor]:
        """Targets of every point of one recording.

        Args:
            points: P points.
            segments: (N, 2) in grid units, whose middles are the events.
            labels: (N,) int64.
            num_classes: K.

        Returns:
            Class targets (P, K), zero or one, and the way to the nearest event of the class in
            level strides (P, K), later ones positive, 0 where the class target is.
        """
        near, ways = self._near(points, segments)
        where = labels.expand(len(ways), -1)
        nothing = ways.new_full((len(ways), num_classes), torch.inf)
        after, before = (
            nothing.scatter_reduce(1, where, way.masked_fill(~near | (way < 0), torch.inf), "amin")
            for way in (ways, -ways)
        )
        found = torch.minimum(after, before).isfinite()
        nearest = torch.where(after <= before, after, -before)
        return found.to(ways.dtype), nearest.masked_fill(~found, 0)

    def coverage(self, points: Points, segments: Tensor) -> tuple[Tensor, Tensor]:
        """Which points predict an event, twice bool (P, N): those of other classes do not compete.

        Args:
            points: P points.
            segments: (N, 2) in grid units.
        """
        near, _ = self._near(points, segments)
        return near, near

    def _near(self, points: Points, segments: Tensor) -> tuple[Tensor, Tensor]:
        ways = segments.mean(dim=1) - points.positions[:, None]  # (P, N)
        ways = ways / points.level_strides[:, None]
        owns = torch.isin(points.levels, torch.tensor(self.levels, device=ways.device))
        return owns[:, None] & (ways.abs() <= self.radius), ways
