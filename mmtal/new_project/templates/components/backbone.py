"""A backbone. B batch, C channels, T_l positions of level l."""

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers import ConvEmbedding, MaskedConv1d, PaddingRule
from mmtal.registry import BACKBONES


@BACKBONES.register_module()
class MyComponent(nn.Module):
    """Convolutional embedding, then a convolution from level to level that halves the length.

    Args:
        in_channels: Channels of the features.
        embed_channels: Width.
        max_seq_len: Longest sequence in training.
        num_levels: Levels, the finest included.

    Attributes:
        in_channels (int): Channels of the features.
        out_channels (int): Width of every level.
        level_strides (list[int]): Grid steps between the positions of each level.
        padding (PaddingRule): How far sequences must be padded.
    """

    def __init__(
        self, in_channels: int, *, embed_channels: int, max_seq_len: int, num_levels: int = 6
    ) -> None:
        super().__init__()
        self.embedding = ConvEmbedding(in_channels, channels=embed_channels, num_layers=2)
        self.steps = nn.ModuleList(
            MaskedConv1d(embed_channels, embed_channels, kernel_size=3, stride=2)
            for _ in range(num_levels - 1)
        )
        self.in_channels = in_channels
        self.out_channels = embed_channels
        self.level_strides = [2**level for level in range(num_levels)]
        coarsest = self.level_strides[-1]
        self.padding = PaddingRule(max_seq_len, coarsest, divisor=coarsest)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Features and masks of every level, finest first.

        Args:
            x: (B, C_in, T), zero in the padding; T a multiple of the coarsest level's stride.
            mask: Bool (B, T).

        Returns:
            Per level (B, C, T_l), zero in the padding, and bool (B, T_l).
        """
        features, masks = [self.embedding(x, mask) * mask.unsqueeze(1)], [mask]
        for step in self.steps:
            x, mask = step(features[-1], masks[-1])
            features.append(F.relu(x))
            masks.append(mask)
        return features, masks
