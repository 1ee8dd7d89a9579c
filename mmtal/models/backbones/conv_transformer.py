"""ActionFormer's backbone."""

from collections.abc import Sequence

from mmtal.models.backbones.block_pyramid import BlockPyramid, windows_of_levels
from mmtal.models.layers import TransformerBlock
from mmtal.registry import BACKBONES


@BACKBONES.register_module()
class ConvTransformer(BlockPyramid):
    """Convolutional embedding, then transformer blocks that halve the length level by level.

    Source: ActionFormer (Zhang et al., ECCV 2022), section 3.2.

    Args:
        in_channels: As :class:`BlockPyramid`'s, like the following.
        embed_channels: Width.
        max_seq_len: Longest sequence in training; length of the position table.
        depths: Numbers of embedding convolutions, of stem blocks and of branch blocks.
        num_heads: Attention heads.
        window: Attention window; one number per level where it is a sequence, -1 for global
            attention.
        embed_kernel: Kernel size of the embedding convolutions.
        embed_norm: LayerNorm after each embedding convolution.
        abs_pos: Add a fixed sinusoid position encoding after the embedding.
        rel_pos: Learn an attention bias by relative position (local attention only).
        dropout: On attention projections and in MLPs.
        drop_path: Probability of dropping a residual branch of a sample.
    """

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        embed_channels: int | Sequence[int],
        max_seq_len: int,
        depths: tuple[int, int, int] = (2, 2, 5),
        num_heads: int = 4,
        window: int | Sequence[int] = 19,
        embed_kernel: int = 3,
        embed_norm: bool = True,
        abs_pos: bool = False,
        rel_pos: bool = False,
        dropout: float = 0.0,
        drop_path: float = 0.1,
    ) -> None:
        windows = windows_of_levels(window, 1 + depths[2])

        def block(channels: int, level: int) -> TransformerBlock:
            return TransformerBlock(
                channels,
                num_heads=num_heads,
                window=windows[level],
                stride=2 if level else 1,
                rel_pos=rel_pos,
                dropout=dropout,
                drop_path=drop_path,
            )

        super().__init__(
            in_channels,
            embed_channels=embed_channels,
            max_seq_len=max_seq_len,
            depths=depths,
            block=block,
            divisor=max(2**i * (2 * (w // 2) if w > 1 else 1) for i, w in enumerate(windows)),
            embed_kernel=embed_kernel,
            embed_norm=embed_norm,
            abs_pos=abs_pos,
        )
