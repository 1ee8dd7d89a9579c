"""Layers before the first block: projections, embedding convolutions, position table."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmtal.models.layers.conv import MaskedConv1d
from mmtal.models.layers.conv_tower import ConvNormReLU


class ConvEmbedding(ConvNormReLU):
    """Features of one or several sources to the width of the backbone.

    Args:
        in_channels: Channels of the features; of each source, in the order in which they were
            concatenated, where it is a sequence.
        channels: Width of the backbone; of each source's projection where it is a sequence, the
            backbone then being as wide as their sum.
        num_layers: Convolutions, each with norm and ReLU.
        kernel_size: Of the convolutions.
        with_norm: LayerNorm after each convolution.
    """

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        channels: int | Sequence[int],
        num_layers: int,
        kernel_size: int = 3,
        with_norm: bool = True,
    ) -> None:
        super().__init__()
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
        self.add_layers(
            width,
            self.out_channels,
            num_convs=num_layers,
            kernel_size=kernel_size,
            with_norm=with_norm,
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, sum of in_channels, T), (B, T) -> (B, out_channels, T); not masked.

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
        return self.run_layers(x, mask)


def sinusoid_table(length: int, channels: int) -> Tensor:
    """Position encoding of Vaswani et al. (2017), sine and cosine in turn: (channels, length)."""
    return sinusoids(torch.arange(length, dtype=torch.float64), channels).float()


def sinusoids(positions: Tensor, channels: int) -> Tensor:
    """The same encoding of any positions (T,): (channels, T)."""
    pair = torch.arange(channels, dtype=positions.dtype, device=positions.device) // 2
    angle = positions[None] / 10000 ** (2 * pair / channels)[:, None]  # (C, T)
    return torch.where(
        torch.arange(channels, device=pair.device)[:, None] % 2 == 0, angle.sin(), angle.cos()
    )
