"""TadTR's projection and encoder. B batch, C channels, T features."""

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from mmtal.checkpoints.names import Rule
from mmtal.models.layers import FullPadding, MaskedConv1d, sinusoids, zero_padding
from mmtal.registry import BACKBONES
from projects.tadtr.tadtr.layers import EncoderLayer, opentad_rules, xavier


@BACKBONES.register_module()
class TadTREncoder(nn.Module):
    """One level of features that read each other by deformable attention.

    Padding is part of the model: the norm's statistics count it, attention reads it, and places
    are shares of the padded length.

    Source: TadTR (Liu et al., IEEE TIP 2022), section III-B.

    Args:
        in_channels: Channels of the features.
        embed_channels: C.
        max_seq_len: Longest sequence in training, to which others are padded.
        num_layers: Encoder layers.
        num_heads: Attention heads.
        num_points: Places that each head of a position reads.
        mlp_channels: Hidden width of the layers' MLPs.
        num_groups: Of the projection's group norm.
        dropout: In the layers.
        corrected: Whether attention reads whole values, not OpenTAD's halves.
    """

    naming_rules: ClassVar = {
        "opentad": (
            Rule("projection.convs.0.conv.weight", "backbone.projection.weight"),
            Rule("projection.convs.0.norm.{p}", "backbone.norm.{p}"),
            Rule("transformer.level_embeds", "backbone.level_embed", (1, 0)),
            *opentad_rules("transformer.encoder.layers", "backbone.layers", attention=0),
        )
    }
    level_strides = (1,)

    def __init__(
        self,
        in_channels: int,
        *,
        max_seq_len: int,
        embed_channels: int = 256,
        num_layers: int = 4,
        num_heads: int = 8,
        num_points: int = 4,
        mlp_channels: int = 1024,
        num_groups: int = 32,
        dropout: float = 0.1,
        corrected: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(in_channels, int):
            raise ValueError(
                "in_channels must be one number, the sum of those of all sources, but got "
                f"{in_channels}"
            )
        self.in_channels = in_channels
        self.out_channels = embed_channels
        self.padding = FullPadding(max_seq_len, coarsest_stride=1, divisor=1)
        self.projection = MaskedConv1d(in_channels, embed_channels, kernel_size=1, bias=False)
        self.norm = nn.GroupNorm(num_groups, embed_channels)
        self.level_embed = nn.Parameter(torch.randn(embed_channels))
        self.layers = nn.ModuleList(
            EncoderLayer(
                embed_channels,
                num_heads=num_heads,
                num_points=num_points,
                mlp_channels=mlp_channels,
                dropout=dropout,
                halved=not corrected,
            )
            for _ in range(num_layers)
        )
        xavier(self.layers)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """(B, C_in, T) and bool (B, T) -> [(B, C, T)], [(B, T)]; not masked."""
        x = zero_padding(self.norm(self.projection(x, mask)[0]), mask).mT
        place = self.places(x)
        position = self.positions(place).to(x.dtype) + self.level_embed
        reference = place.to(x.dtype).expand(len(x), -1)[..., None]
        for layer in self.layers:
            x = layer(x, position, x, reference)
        return [x.mT], [mask]

    def places(self, x: Tensor) -> Tensor:
        """Where the features (B, T, C) are, as shares of T: float64 (T,)."""
        T = x.shape[1]
        return (torch.arange(T, dtype=torch.float64, device=x.device) + 0.5) / T

    def positions(self, places: Tensor) -> Tensor:
        """Sinusoids of a circle: (T,) -> (T, C)."""
        return sinusoids(2 * math.pi * places, self.out_channels).t()
