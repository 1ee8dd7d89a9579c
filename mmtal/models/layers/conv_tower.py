"""Convolutions with norm and ReLU, one after the other."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers.conv import MaskedConv1d, zero_padding
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

    def run_layers(self, x: Tensor, mask: Tensor, kept: Tensor | None = None) -> Tensor:
        """(B, C_in, T), (B, T) -> (B, C, T).

        Args:
            x: Features.
            mask: What is valid.
            kept: Bool (1, T); elsewhere is zero after each norm, too.
        """
        if self.mask_after_norm:
            kept = mask
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = norm(conv(x, mask)[0])
            x = F.relu(x if kept is None else zero_padding(x, kept), inplace=True)
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

    def forward(self, x: Tensor, mask: Tensor, kept: Tensor | None = None) -> Tensor:
        """(B, C_in, T), (B, T) -> (B, C, T); not masked; ``kept`` is of :func:`join_levels`."""
        return self.run_layers(x, mask, kept)


def join_levels(
    features: Sequence[Tensor], masks: Sequence[Tensor], gap: int
) -> tuple[Tensor, Tensor, Tensor]:
    """All levels in one sequence, so that a tower is one product for all of them.

    Args:
        features: Per level (B, C, T_l).
        masks: Per level bool (B, T_l).
        gap: Zeros between levels, half a kernel.

    Returns:
        (B, C, P) features, bool (B, P) masks, and bool (1, P), False in the gaps, P being the
        positions of all levels and the gaps between them.
    """
    rows, valid, kept = [], [], []
    for x, mask in zip(features, masks, strict=True):
        rows += [x.transpose(1, 2), x.new_zeros(x.shape[0], gap, x.shape[1])]
        valid += [mask, mask.new_zeros(mask.shape[0], gap)]
        kept += [mask.new_ones(1, mask.shape[1]), mask.new_zeros(1, gap)]
    joined, masked, inside = (torch.cat(parts[:-1], 1) for parts in (rows, valid, kept))
    return joined.transpose(1, 2), masked, inside


def split_levels(x: Tensor, lengths: Sequence[int], gap: int) -> list[Tensor]:
    """The levels (B, C, T_l) of a joined sequence (B, C, P) of :func:`join_levels`."""
    parts = x.split([n for length in lengths for n in (length, gap)][:-1], dim=2)
    return list(parts[::2])
