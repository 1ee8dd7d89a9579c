"""Layer normalization over the channels of (B, C, T) features."""

from torch import Tensor, nn


class ChannelLayerNorm(nn.LayerNorm):
    """LayerNorm over C, at each position of (B, C, T) features.

    The result is a (B, C, T) view of (B, T, C) memory: that is the layout in which normalization
    and the projections that follow it are fastest.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, C, T)."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)
