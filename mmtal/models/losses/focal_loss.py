"""Classification loss."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.registry import LOSSES


@LOSSES.register_module()
class FocalLoss(nn.Module):
    """Sigmoid focal loss (Lin et al., ICCV 2017), summed.

    Args:
        alpha: Weight of positive targets; negative ones weigh 1 - alpha. Negative: no weights.
        gamma: How strongly easy targets are weighed down.
        label_smoothing: e; targets become t (1 - e) + e / (K + 1).
        loss_weight: Factor of the result.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.25,
        gamma: float = 2.0,
        label_smoothing: float = 0.0,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1), but got {label_smoothing}")
        self.alpha = alpha
        self.gamma = gamma
        self.label_smoothing = label_smoothing
        self.loss_weight = loss_weight

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Sum over points and classes.

        Args:
            logits: (P, K).
            targets: (P, K) in [0, 1], not yet smoothed.

        Returns:
            A scalar.
        """
        return self.loss_weight * self.elementwise(logits, targets).sum()

    def elementwise(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The summands, not weighted by ``loss_weight``: (P, K), (P, K) -> (P, K)."""
        logits, targets = logits.float(), targets.float()
        smooth = self.label_smoothing
        if smooth:
            targets = targets * (1 - smooth) + smooth / (targets.shape[-1] + 1)
        prob = logits.sigmoid()
        wrong = prob + targets - 2 * prob * targets  # 1 - p_t
        loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        loss = loss * wrong**self.gamma
        if self.alpha >= 0:
            loss = loss * ((2 * self.alpha - 1) * targets + (1 - self.alpha))
        return loss
