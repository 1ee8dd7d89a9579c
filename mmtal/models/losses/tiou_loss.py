"""Regression losses on pairs of segments that share a point."""

import torch
from torch import Tensor, nn

from mmtal.registry import LOSSES

EPS = 1e-8


@LOSSES.register_module()
class GIoULoss(nn.Module):
    """1 - tIoU of segments around the same point, summed.

    Two such segments always touch, so that generalized IoU (Rezatofighi et al., CVPR 2019) is
    tIoU itself.

    Args:
        loss_weight: Factor of the result.
    """

    def __init__(self, *, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, offsets: Tensor, targets: Tensor) -> Tensor:
        """Sum over points.

        Args:
            offsets: (P, 2), distances >= 0 from the point back to the start and on to the end.
            targets: (P, 2) alike, in the same unit.

        Returns:
            A scalar.
        """
        return self.loss_weight * self.elementwise(offsets.float(), targets.float()).sum()

    def elementwise(self, offsets: Tensor, targets: Tensor) -> Tensor:
        """The summands, not weighted by ``loss_weight``: (..., 2), (..., 2) -> (...)."""
        overlap = torch.minimum(offsets, targets).sum(-1)
        union = offsets.sum(-1) + targets.sum(-1) - overlap
        return 1 - overlap / union.clamp(min=EPS)


@LOSSES.register_module()
class DIoULoss(GIoULoss):
    """GIoULoss plus the squared distance of the centers over the enclosing length.

    Source: Zheng et al., AAAI 2020.

    Args:
        loss_weight: Factor of the result.
    """

    def elementwise(self, offsets: Tensor, targets: Tensor) -> Tensor:
        """As the parent."""
        difference = offsets - targets
        center_distance = 0.5 * (difference[..., 1] - difference[..., 0])
        enclosing = torch.maximum(offsets, targets).sum(-1)
        return (
            super().elementwise(offsets, targets)
            + (center_distance / enclosing.clamp(min=EPS)).square()
        )
