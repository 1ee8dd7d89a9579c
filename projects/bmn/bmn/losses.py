"""BMN's losses, balanced between positive and negative targets."""

import torch
import torch.nn.functional as F
from torch import Tensor


def balanced_bce(logits: Tensor, is_positive: Tensor) -> Tensor:
    """Binary cross-entropy, mean over all, to which positives and negatives add alike.

    The plain mean where one of them is missing. Any shape, ``is_positive`` bool.
    """
    positive = is_positive.sum()
    negative = is_positive.numel() - positive
    half = 0.5 * is_positive.numel()
    both = (positive > 0) & (negative > 0)
    ones = torch.ones_like(logits, dtype=torch.float32)
    weights = torch.where(is_positive, half / positive, half / negative)
    weights = torch.where(both, weights, ones)
    return F.binary_cross_entropy_with_logits(logits.float(), is_positive.float(), weights)


def balanced_l2(
    values: Tensor, targets: Tensor, *, high: float, low: float, loss_weight: float
) -> Tensor:
    """Squared error over all targets above ``high``, and about as many of the others.

    As many of those from ``low`` to ``high`` as of those up to ``low`` are drawn. Where a band has
    fewer than there are high ones, each value of any band counts once more. Without a high one:
    the mean over all, without ``loss_weight``. So does OpenTAD.

    Args:
        values: Predicted, (B, N).
        targets: (B, N).
        high: Upper threshold.
        low: Lower threshold.
        loss_weight: Factor of the result.
    """
    error = (values.float() - targets).square()
    is_high = targets > high
    number = is_high.sum()
    if not number:
        return error.mean()
    is_low = targets <= low
    weights = is_high.float()
    for band in (~is_high & ~is_low, is_low):
        drawn = torch.rand(targets.shape).to(targets.device) * band
        weights = weights + (drawn > 1 - number / band.sum())
    return loss_weight * (error * weights).sum() / weights.sum()
