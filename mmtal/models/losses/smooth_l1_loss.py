"""Regression loss of distances."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.registry import LOSSES


@LOSSES.register_module()
class SmoothL1Loss(nn.Module):
    """Absolute error, squared where it is small (Girshick, ICCV 2015), summed.

    Args:
        beta: Error from which on it is no longer squared, > 0.
        loss_weight: Factor of the result.
    """

    def __init__(self, *, beta: float = 1.0, loss_weight: float = 1.0) -> None:
        super().__init__()
        if not beta > 0:
            raise ValueError(f"beta must be > 0, but got {beta}")
        self.beta = beta
        self.loss_weight = loss_weight

    def forward(self, found: Tensor, targets: Tensor) -> Tensor:
        """A scalar: the sum over distances of any shape, in level strides."""
        loss = F.smooth_l1_loss(found.float(), targets.float(), reduction="sum", beta=self.beta)
        return self.loss_weight * loss
