"""Assign instances to points. P points, N ground truth, K classes."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtal.registry import TASK_UTILS
from mmtal.structures import Points, segment_lengths


@TASK_UTILS.register_module()
class CenterAssigner:
    """Points near an instance's center, on the levels that own its length, predict it.

    Source: ActionFormer (Zhang et al., ECCV 2022), section 3.3, after FCOS (Tian et al., 2019).

    Args:
        regression_ranges: (min, max) of each level, inclusive: the longer boundary distance that
            the level owns, in grid units.
        center_radius: Positives lie strictly inside center +- radius, in level strides; None
            takes the whole instance.

    Attributes:
        tie_tolerance (float): Instances that are longer than a point's shortest one by at most
            this (grid units) share its labels; its boundaries are those of the shortest.
    """

    tie_tolerance = 1e-3

    sees_predictions = False

    def __init__(
        self, regression_ranges: Sequence[tuple[float, float]], *, center_radius: float | None = 1.5
    ) -> None:
        if any(low < 0 or low >= high for low, high in regression_ranges):
            raise ValueError(
                f"regression_ranges must be pairs 0 <= min < max, but got {regression_ranges}"
            )
        if center_radius is not None and center_radius <= 0:
            raise ValueError(f"center_radius must be > 0 or None, but got {center_radius}")
        self.regression_ranges = [tuple(r) for r in regression_ranges]
        self.center_radius = center_radius

    @torch.no_grad()
    def __call__(
        self, points: Points, segments: Tensor, labels: Tensor, num_classes: int
    ) -> tuple[Tensor, Tensor]:
        """Targets of every point of one recording.

        Args:
            points: P points.
            segments: (N, 2) in grid units.
            labels: (N,) int64.
            num_classes: K.

        Returns:
            Class targets (P, K), zero or one, all zero where a point predicts nothing, and
            boundary distances (P, 2) >= 0 in level strides (arbitrary where it predicts nothing).
        """
        P = len(points.positions)
        if len(segments) == 0:
            return segments.new_zeros(P, num_classes), segments.new_zeros(P, 2)

        eligible, distances = self.eligible(points, segments)
        tied, chosen = self._choose(eligible, segments)
        one_hot = F.one_hot(labels, num_classes).to(segments.dtype)  # (N, K)
        class_targets = (tied.to(segments.dtype) @ one_hot).clamp(max=1)
        offsets = distances[torch.arange(P, device=chosen.device), chosen]
        return class_targets, offsets / points.level_strides[:, None]

    @torch.no_grad()
    def coverage(self, points: Points, segments: Tensor) -> tuple[Tensor, Tensor]:
        """Which points could predict an instance, and which do.

        Args:
            points: P points.
            segments: (N, 2) in grid units, N > 0.

        Returns:
            Bool (P, N): the point would be positive for the instance if it were alone; and bool
            (P, N): it is positive for it among all the others.
        """
        eligible = self.eligible(points, segments)[0]
        return eligible, self._choose(eligible, segments)[0]

    def _choose(self, eligible: Tensor, segments: Tensor) -> tuple[Tensor, Tensor]:
        """Instances that own each point, bool (P, N), and the first of them (P,)."""
        lengths = (
            segment_lengths(segments).expand(len(eligible), -1).masked_fill(~eligible, torch.inf)
        )
        shortest, chosen = lengths.min(dim=1)
        tied = (lengths <= shortest[:, None] + self.tie_tolerance) & lengths.isfinite()
        return tied, chosen

    def eligible(self, points: Points, segments: Tensor) -> tuple[Tensor, Tensor]:
        """Which points may predict an instance: near its center, on a level that owns its length.

        Args:
            points: P points.
            segments: (N, 2) in grid units, N > 0.

        Returns:
            Bool (P, N), and distances to both ends (P, N, 2) in grid units.
        """
        position = points.positions[:, None]  # (P, 1)
        stride = points.level_strides[:, None]
        start, end = segments[:, 0], segments[:, 1]
        distances = torch.stack((position - start, end - position), dim=-1)  # (P, N, 2)
        inside = distances.amin(-1) > 0
        if self.center_radius is not None:
            reach = stride * self.center_radius
            center = 0.5 * (start + end)
            inside = (
                torch.minimum(
                    position - torch.maximum(center - reach, start),
                    torch.minimum(center + reach, end) - position,
                )
                > 0
            )
        ranges = segments.new_tensor(self.regression_ranges)[points.levels]  # (P, 2)
        longer = distances.amax(-1)
        return inside & (longer >= ranges[:, :1]) & (longer <= ranges[:, 1:]), distances
