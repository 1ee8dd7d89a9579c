"""TemporalMaxer's backbone. B batch, C channels, T_l positions of level l."""

from collections.abc import Sequence

from torch import Tensor, nn

from mmtal.models.layers import ConvEmbedding, FullPadding, PaddingRule, downsample_mask, max_pool
from mmtal.registry import BACKBONES


@BACKBONES.register_module()
class MaxPoolPyramid(nn.Module):
    """Convolutional embedding, then nothing but max pooling from level to level.

    Source: TemporalMaxer (Tang et al., 2023), section 3.

    Args:
        in_channels: Channels of the features; one number per source where several sources are
            concatenated.
        embed_channels: Width; one number per source where ``in_channels`` is a sequence.
        max_seq_len: Longest sequence in training.
        depths: Numbers of embedding convolutions and of pooling steps, each of which halves the
            length.
        full_padding: Pad every sequence as far as the release does. Needed where a later layer
            looks at the padding, as a group norm does; else the shortest padding gives the same.

    Attributes:
        in_channels (int): Channels of the features, all sources together.
        out_channels (int): Width of every level.
        level_strides (list[int]): Grid steps between the positions of each level.
        padding (PaddingRule): How far sequences must be padded.
    """

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        embed_channels: int | Sequence[int],
        max_seq_len: int,
        depths: tuple[int, int] = (2, 5),
        full_padding: bool = False,
    ) -> None:
        super().__init__()
        num_embed, num_pools = depths
        self.embedding = ConvEmbedding(in_channels, channels=embed_channels, num_layers=num_embed)
        self.in_channels = sum(self.embedding.in_channels)
        self.out_channels = self.embedding.out_channels
        self.level_strides = [2**level for level in range(1 + num_pools)]
        coarsest = self.level_strides[-1]
        rule = FullPadding if full_padding else PaddingRule
        self.padding = rule(max_seq_len, coarsest, divisor=coarsest)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Features and masks of every level, finest first.

        Args:
            x: (B, C_in, T), zero in the padding; T a multiple of the coarsest level's stride.
            mask: Bool (B, T).

        Returns:
            Per level (B, C, T_l) and bool (B, T_l). The finest level is not masked: what the
            embedding leaves in the padding reaches the next level, as in the release.
        """
        features, masks = [self.embedding(x, mask)], [mask]
        for _ in self.level_strides[1:]:
            masks.append(downsample_mask(masks[-1], 2))
            pooled = max_pool(features[-1], kernel_size=3, stride=2)
            features.append(pooled * masks[-1].unsqueeze(1).to(pooled.dtype))
        return features, masks
