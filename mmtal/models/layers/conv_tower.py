"""Convolutions with norm and ReLU, one after the other."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers.conv import MaskedConv1d
from mmtal.models.layers.norm import ChannelLayerNorm


class ConvNormReLU(nn.Module):
    """What embedding and towers have in common: masked convolutions, each with norm and ReLU.

    The official ActionFormer release masks before the norm alone, so that the norm's bias lives in
    the padding and reaches the last valid positions through the next convolution. A subclass may
    say otherwise.

    Attributes:
        norm_eps (float): Added to the variance by the norms.
        mask_after_norm (bool): Whether the padding is zero after each norm, too.
    """

    norm_eps = 1e-5
    mask_after_norm = False

    def add_layers(
        self, in_channels: int, channels: int, *, num_convs: int, kernel_size: int, with_norm: bool
    ) -> None:
        """Make ``convs`` and ``norms``."""
        self.convs = nn.ModuleList(
            MaskedConv1d(
                in_channels if layer == 0 else channels,
                channels,
                kernel_size=kernel_size,
                bias=not with_norm,
            )
            for layer in range(num_convs)
        )
        self.norms = nn.ModuleList(
            ChannelLayerNorm(channels, eps=self.norm_eps) if with_norm else nn.Identity()
            for _ in range(num_convs)
        )

    def run_layers(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, C_in, T), (B, T) -> (B, C, T)."""
        valid = mask.unsqueeze(1)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.relu(norm(conv(x, mask)[0]))
            if self.mask_after_norm:
                x = x * valid.to(x.dtype)
        return x


class ConvTower(ConvNormReLU):
    """The convolutions of a head before the predicting one, shared by all levels.

    Args:
        in_channels: Channels in.
        channels: Channels out.
        num_convs: Convolutions.
        kernel_size: Of the convolutions.
        with_norm: LayerNorm after each.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        num_convs: int,
        kernel_size: int = 3,
        with_norm: bool = True,
    ) -> None:
        super().__init__()
        self.add_layers(
            in_channels, channels, num_convs=num_convs, kernel_size=kernel_size, with_norm=with_norm
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, C_in, T), (B, T) -> (B, C, T); not masked."""
        return self.run_layers(x, mask)
