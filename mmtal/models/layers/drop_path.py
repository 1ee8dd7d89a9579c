"""Stochastic depth with a learned scale, as in CaiT (Touvron et al., 2021)."""

import torch
from torch import Tensor, nn


class AffineDropPath(nn.Module):
    """Scale each channel of a residual branch, and drop the branch of whole samples in training.

    Args:
        channels: C.
        drop_prob: Probability that a sample's branch is dropped.
        init_scale: Initial value of every scale.
    """

    def __init__(self, channels: int, *, drop_prob: float, init_scale: float = 1e-4) -> None:
        super().__init__()
        if not 0 <= drop_prob < 1:
            raise ValueError(f"drop_prob must be in [0, 1), but got {drop_prob}")
        self.scale = nn.Parameter(torch.full((channels,), init_scale))
        self.drop_prob = drop_prob

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, C, T)."""
        x = x * self.scale[:, None].to(x.dtype)
        if self.training and self.drop_prob > 0:
            keep = torch.rand(x.shape[0], 1, 1, dtype=x.dtype, device=x.device) >= self.drop_prob
            x = x * (keep.to(x.dtype) / (1 - self.drop_prob))
        return x
