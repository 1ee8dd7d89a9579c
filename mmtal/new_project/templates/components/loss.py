"""A loss."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.registry import LOSSES


@LOSSES.register_module()
class MyComponent(nn.Module):
    """Error of the distances to both ends: squared while below ``beta``, then its absolute value.

    Args:
        beta: Where the one goes over into the other, in level strides.
        loss_weight: Factor of the result.
    """

    def __init__(self, *, beta: float = 1.0, loss_weight: float = 1.0) -> None:
        super().__init__()
        if beta <= 0:
            raise ValueError(f"beta must be > 0, but got {beta}")
        self.beta = beta
        self.loss_weight = loss_weight

    def forward(self, offsets: Tensor, targets: Tensor) -> Tensor:
        """Sum over points; the head divides by their number.

        Args:
            offsets: (P, 2), distances >= 0 from the point to start and end, in level strides.
            targets: (P, 2) alike.

        Returns:
            A scalar.
        """
        error = F.smooth_l1_loss(offsets.float(), targets.float(), beta=self.beta, reduction="sum")
        return self.loss_weight * error
