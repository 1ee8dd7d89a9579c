"""Convolutions with norm and ReLU, one after the other."""

from collections.abc import Iterable

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers.conv import MaskedConv1d
from mmtal.models.layers.norm import ChannelLayerNorm


class ConvTower(nn.Module):
    """The convolutions of a head before the predicting one, shared by all levels.

    Args:
        in_channels: Channels in.
        channels: Channels out.
        num_convs: Convolutions.
        kernel_size: Of the convolutions.
        with_norm: LayerNorm after each.
        norm_eps: Added to the variance by LayerNorm.
        mask_after_norm: Set the padding to zero after each norm and ReLU too, not only before.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        num_convs: int,
        kernel_size: int = 3,
        with_norm: bool = True,
        norm_eps: float = 1e-5,
        mask_after_norm: bool = False,
    ) -> None:
        super().__init__()
        self.mask_after_norm = mask_after_norm
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
            ChannelLayerNorm(channels, eps=norm_eps) if with_norm else nn.Identity()
            for _ in range(num_convs)
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, C_in, T), (B, T) -> (B, C, T); masked only with ``mask_after_norm``."""
        return conv_norm_relu(x, mask, self.convs, self.norms, mask_after_norm=self.mask_after_norm)


def conv_norm_relu(
    x: Tensor,
    mask: Tensor,
    convs: Iterable[nn.Module],
    norms: Iterable[nn.Module],
    *,
    mask_after_norm: bool,
) -> Tensor:
    """Run masked convolutions, each followed by its norm and ReLU.

    The official ActionFormer release masks before the norm alone, so that the norm's bias lives in
    the padding and reaches the last valid positions through the next convolution; OpenTAD masks
    once more.

    Args:
        x: (B, C_in, T).
        mask: Bool (B, T).
        convs: Masked convolutions.
        norms: As many norms.
        mask_after_norm: Whether the result of each is zero in the padding.

    Returns:
        (B, C, T).
    """
    valid = mask.unsqueeze(1)
    for conv, norm in zip(convs, norms, strict=True):
        x = F.relu(norm(conv(x, mask)[0]))
        if mask_after_norm:
            x = x * valid.to(x.dtype)
    return x
