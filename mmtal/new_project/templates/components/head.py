"""A head. B batch, K classes, T_l positions of level l."""

from typing import Any

import torch
from torch import Tensor, nn

from mmtal.models import AnchorFreeHead
from mmtal.registry import HEADS


@HEADS.register_module()
class MyComponent(AnchorFreeHead):
    """ActionFormer's head with one more learned number: how sharp its scores are.

    Args:
        in_channels: Width of the neck (given by the localizer).
        sharpness: Initial factor of all class logits.
        kwargs: As for :class:`mmtal.models.AnchorFreeHead`.
    """

    def __init__(self, in_channels: int, *, sharpness: float = 1.0, **kwargs: Any) -> None:
        super().__init__(in_channels, **kwargs)
        if sharpness <= 0:
            raise ValueError(f"sharpness must be > 0, but got {sharpness}")
        self.sharpness = nn.Parameter(torch.tensor(float(sharpness)))

    def forward(
        self, features: list[Tensor], masks: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Per level (B, C, T_l) and bool (B, T_l) -> logits (B, K, T_l), offsets (B, 2, T_l)."""
        logits, offsets = super().forward(features, masks)
        return [self.sharpness * x for x in logits], offsets
