"""TriDet's backbone."""

from collections.abc import Sequence

from mmtal.models import BlockPyramid, windows_of_levels
from mmtal.models.layers import FullPadding
from mmtal.registry import BACKBONES
from projects.tridet.tridet.sgp_block import SGPBlock


@BACKBONES.register_module()
class SGPNet(BlockPyramid):
    """Convolutional embedding, then SGP blocks that halve the length level by level.

    A block averages over the sequence with its padding, so that there must be all of it.

    Source: TriDet (Shi et al., CVPR 2023), section 3.2.

    Args:
        in_channels: As :class:`mmtal.models.BlockPyramid`'s, like the following.
        embed_channels: Width, a multiple of 16.
        max_seq_len: Longest sequence in training; length of the position table.
        mlp_channels: Inner width of the blocks' MLPs.
        depths: Numbers of embedding convolutions, of stem blocks and of branch blocks.
        window: w, the blocks' short window, odd; one number per level where it is a sequence.
            Stem blocks have a window of 1, whatever the first number is.
        window_ratio: k; the long window is about k (w + 1) positions.
        init_std: Standard deviation of the blocks' convolutions at first. 0 is what the release
            has for THUMOS14 and EPIC-Kitchens: then they are 0, have gradient 0, and stay 0.
        abs_pos: Add a fixed sinusoid position encoding after the embedding.
        drop_path: Probability of dropping a residual branch of a sample, in branch blocks.
    """

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        embed_channels: int | Sequence[int],
        max_seq_len: int,
        mlp_channels: int,
        depths: tuple[int, int, int] = (2, 2, 5),
        window: int | Sequence[int] = 1,
        window_ratio: float = 1.5,
        init_std: float = 0.0,
        abs_pos: bool = False,
        drop_path: float = 0.1,
    ) -> None:
        windows = windows_of_levels(window, 1 + depths[2])

        def block(channels: int, level: int) -> SGPBlock:
            return SGPBlock(
                channels,
                mlp_channels=mlp_channels,
                window=windows[level] if level else 1,
                window_ratio=window_ratio,
                init_std=init_std,
                stride=2 if level else 1,
                drop_path=drop_path if level else 0.0,
            )

        super().__init__(
            in_channels,
            embed_channels=embed_channels,
            max_seq_len=max_seq_len,
            depths=depths,
            block=block,
            divisor=max(2**level * window for level, window in enumerate(windows)),
            padding_rule=FullPadding,
            abs_pos=abs_pos,
        )
