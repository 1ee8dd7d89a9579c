"""Convolution-only backbone."""

from collections.abc import Sequence

from torch import Tensor, nn

from mmtal.models.layers import ConvBlock, ConvEmbedding, PaddingRule
from mmtal.registry import BACKBONES


@BACKBONES.register_module()
class ConvNet(nn.Module):
    """Convolutional embedding, then residual convolution blocks that halve the length.

    Source: the ``conv`` backbone of the official ActionFormer release.

    Args:
        in_channels: Channels of the features; one number per source where several sources are
            concatenated.
        embed_channels: Width; one number per source where ``in_channels`` is a sequence.
        max_seq_len: Longest sequence in training.
        depths: Numbers of embedding convolutions, of stem blocks at full length, and of branch
            blocks, each of which halves the length.
        embed_kernel: Kernel size of the embedding convolutions.
        embed_norm: LayerNorm after each embedding convolution.

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
        depths: tuple[int, int, int] = (2, 2, 5),
        embed_kernel: int = 3,
        embed_norm: bool = True,
    ) -> None:
        super().__init__()
        num_embed, num_stem, num_branch = depths
        self.embedding = ConvEmbedding(
            in_channels,
            channels=embed_channels,
            num_layers=num_embed,
            kernel_size=embed_kernel,
            with_norm=embed_norm,
        )
        self.in_channels = sum(self.embedding.in_channels)
        self.out_channels = self.embedding.out_channels
        self.level_strides = [2**level for level in range(1 + num_branch)]
        coarsest = self.level_strides[-1]
        self.padding = PaddingRule(max_seq_len, coarsest, divisor=coarsest)
        self.stem = nn.ModuleList(ConvBlock(self.out_channels) for _ in range(num_stem))
        self.branch = nn.ModuleList(
            ConvBlock(self.out_channels, stride=2) for _ in range(num_branch)
        )

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """As :meth:`ConvTransformer.forward`."""
        x = self.embedding(x, mask)
        for block in self.stem:
            x, mask = block(x, mask)
        features, masks = [x], [mask]
        for block in self.branch:
            x, mask = block(x, mask)
            features.append(x)
            masks.append(mask)
        return features, masks
