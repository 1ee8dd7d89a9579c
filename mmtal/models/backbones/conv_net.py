"""Convolution-only backbone."""

from collections.abc import Sequence

from mmtal.models.backbones.block_pyramid import BlockPyramid
from mmtal.models.layers import ConvBlock
from mmtal.registry import BACKBONES


@BACKBONES.register_module()
class ConvNet(BlockPyramid):
    """Convolutional embedding, then residual convolution blocks that halve the length.

    Source: the ``conv`` backbone of the official ActionFormer release.

    Args:
        in_channels: As :class:`BlockPyramid`'s, like the following.
        embed_channels: Width.
        max_seq_len: Longest sequence in training.
        depths: Numbers of embedding convolutions, of stem blocks and of branch blocks.
        embed_kernel: Kernel size of the embedding convolutions.
        embed_norm: LayerNorm after each embedding convolution.
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
        super().__init__(
            in_channels,
            embed_channels=embed_channels,
            max_seq_len=max_seq_len,
            depths=depths,
            block=lambda channels, level: ConvBlock(channels, stride=2 if level else 1),
            embed_kernel=embed_kernel,
            embed_norm=embed_norm,
        )
