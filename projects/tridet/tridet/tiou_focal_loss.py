"""A classification loss that listens to the regression."""

from typing import Any

from torch import Tensor

from mmtal.models import FocalLoss
from mmtal.registry import LOSSES

EPS = 1e-8


@LOSSES.register_module()
class TIoUFocalLoss(FocalLoss):
    """Focal loss in which a positive target counts as its predicted segment fits.

    Source: the IoU-aware training of TriDet (Shi et al., CVPR 2023), section 3.4; the gradient
    flows through the weights, as in its release.

    Args:
        tiou_power: A positive target weighs tIoU ** tiou_power.
        kwargs: As for :class:`mmtal.models.FocalLoss`.
    """

    def __init__(self, *, tiou_power: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if tiou_power < 0:
            raise ValueError(f"tiou_power must be >= 0, but got {tiou_power}")
        self.tiou_power = tiou_power

    def forward(self, logits: Tensor, targets: Tensor, tiou: Tensor) -> Tensor:  # type: ignore[override]
        """Sum over points and classes.

        Args:
            logits: (P, K).
            targets: (P, K) in {0, 1}, not yet smoothed.
            tiou: (Q,) in [0, 1], of the Q positive targets in the order of ``nonzero()``.

        Returns:
            A scalar.
        """
        positive = targets > 0
        loss = self.elementwise(logits, targets)  # (P, K)
        # Below EPS the gradient of a root has no bound.
        weighted = loss[positive] * tiou.clamp(min=EPS) ** self.tiou_power
        return self.loss_weight * (loss[~positive].sum() + weighted.sum())
