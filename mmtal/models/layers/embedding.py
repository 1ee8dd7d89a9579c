"""What comes before the first block: projections, embedding convolutions, position table."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmtal.models.layers.conv import MaskedConv1d
from mmtal.models.layers.conv_tower import conv_norm_relu
from mmtal.models.layers.norm import ChannelLayerNorm


class ConvEmbedding(nn.Module):
    """Features of one or several sources to the width of the backbone.

    Args:
        in_channels: Channels of the features; of each source, in the order in which they were
            concatenated, where it is a sequence.
        channels: Width of the backbone; of each source's projection where it is a sequence, the
            backbone then being as wide as their sum.
        num_layers: Convolutions, each with norm and ReLU.
        kernel_size: Of the convolutions.
        with_norm: LayerNorm after each convolution.
        norm_eps: Added to the variance by LayerNorm.
        mask_after_norm: As for :class:`ConvTower`.
    """

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        channels: int | Sequence[int],
        num_layers: int,
        kernel_size: int = 3,
        with_norm: bool = True,
        norm_eps: float = 1e-5,
        mask_after_norm: bool = False,
    ) -> None:
        super().__init__()
        self.mask_after_norm = mask_after_norm
        self.projections = nn.ModuleList()
        if isinstance(in_channels, int) != isinstance(channels, int):
            raise ValueError(
                "in_channels and channels must both be one number or both one per source, "
                f"but got {in_channels} and {channels}"
            )
        if isinstance(in_channels, int) or isinstance(channels, int):
            self.in_channels: list[int] = [in_channels]  # type: ignore[list-item]
            self.out_channels: int = channels  # type: ignore[assignment]
            width: int = in_channels  # type: ignore[assignment]
        else:
            if len(in_channels) != len(channels):
                raise ValueError(
                    f"channels must have one width for each of the {len(in_channels)} sources, "
                    f"but got {channels}"
                )
            self.in_channels = list(in_channels)
            self.out_channels = width = sum(channels)
            self.projections.extend(
                MaskedConv1d(i, o, kernel_size=1)
                for i, o in zip(in_channels, channels, strict=True)
            )
        self.convs = nn.ModuleList()
        self.norms = nn.ModuleList()
        for layer in range(num_layers):
            self.convs.append(
                MaskedConv1d(
                    width if layer == 0 else self.out_channels,
                    self.out_channels,
                    kernel_size=kernel_size,
                    bias=not with_norm,
                )
            )
            self.norms.append(
                ChannelLayerNorm(self.out_channels, eps=norm_eps) if with_norm else nn.Identity()
            )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, sum of in_channels, T), (B, T) -> (B, out_channels, T), as :class:`ConvTower`.

        Raises:
            ValueError: The features have other channels than the model was built for.
        """
        if x.shape[1] != sum(self.in_channels):
            raise ValueError(
                f"the model expects features with {sum(self.in_channels)} channels "
                f"(in_channels={self.in_channels}), but got {x.shape[1]}: set "
                "model.backbone.in_channels to the width of your features"
            )
        if self.projections:
            sources = x.split(self.in_channels, dim=1)
            x = torch.cat(
                [p(s, mask)[0] for p, s in zip(self.projections, sources, strict=True)], dim=1
            )
        return conv_norm_relu(x, mask, self.convs, self.norms, mask_after_norm=self.mask_after_norm)


def sinusoid_table(length: int, channels: int) -> Tensor:
    """Position encoding of Vaswani et al. (2017), sine and cosine in turn: (channels, length)."""
    position = torch.arange(length, dtype=torch.float64)
    pair = torch.arange(channels, dtype=torch.float64).div(2, rounding_mode="floor")
    angle = position[None] / 10000 ** (2 * pair / channels)[:, None]  # (C, T)
    angle[0::2] = angle[0::2].sin()
    angle[1::2] = angle[1::2].cos()
    return angle.float()
