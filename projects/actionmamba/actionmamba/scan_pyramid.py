"""Backbones whose blocks read the sequence from both ends. B batch, C channels, T positions."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from torch import Tensor, nn

from mmtal.models import BlockPyramid
from mmtal.models.layers import (
    AffineDropPath,
    ChannelLayerNorm,
    FullPadding,
    NoPadding,
    max_pool,
    zero_padding,
)
from mmtal.registry import BACKBONES
from projects.actionmamba.actionmamba.mixers import DecomposedMamba, VisionMamba
from projects.actionmamba.actionmamba.opentad_names import opentad_rules
from projects.opentad_actionformer.opentad_actionformer.network import NORM_EPS, OpenTADEmbedding

MIXERS = {"dbm": DecomposedMamba, "vim": VisionMamba}
PADDING = {"none": NoPadding, "full": FullPadding}


def pool_mask(mask: Tensor, stride: int) -> Tensor:
    """Bool (B, T) -> (B, T / stride): a pooled position is valid if any of its three was."""
    return max_pool(mask.unsqueeze(1).float(), kernel_size=3, stride=stride)[:, 0].bool()


class ScanBlock(nn.Module):
    """A norm and a mixer beside an identity, then a max pool where the length is halved.

    Args:
        channels: C.
        mixer: (B, T, C) -> (B, T, C), of all positions, the padding's, too.
        stride: Temporal downsampling, 1 or 2.
        drop_path: Probability of dropping the mixer of a sample; 0 leaves out its learned scale.
    """

    def __init__(self, channels: int, *, mixer: nn.Module, stride: int, drop_path: float) -> None:
        super().__init__()
        self.norm = ChannelLayerNorm(channels, eps=NORM_EPS)
        self.mixer = mixer
        self.drop_path = (
            AffineDropPath(channels, drop_prob=drop_path) if drop_path > 0 else nn.Identity()
        )
        self.stride = stride

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, T), (B, T) -> (B, C, T / stride), (B, T / stride); zero in the padding."""
        y = self.mixer(self.norm(x).mT).mT
        x = x + self.drop_path(zero_padding(y, mask))
        if self.stride > 1:
            x = max_pool(x, kernel_size=3, stride=self.stride)
            mask = pool_mask(mask, self.stride)
            x = zero_padding(x, mask)
        return x, mask


class ScanPyramid(BlockPyramid):
    """Convolutional embedding, then blocks that read the sequence from both ends.

    What they read in the padding reaches the valid positions. So training batches are padded to
    ``max_seq_len``, as OpenTAD's are, and recordings in testing not at all, or as far.

    Args:
        in_channels: As :class:`mmtal.models.BlockPyramid`'s, like the following.
        embed_channels: Width.
        max_seq_len: Longest sequence in training; length of the position table.
        mixer: Makes the mixer of a width.
        depths: Numbers of embedding convolutions, of stem blocks and of branch blocks.
        padding: Of recordings in testing: ``none`` or ``full``, to ``max_seq_len``.
        abs_pos: Add a fixed sinusoid position encoding after the embedding.
        drop_path: Probability of dropping the mixer of a sample.
    """

    embedding_class = OpenTADEmbedding
    pools_masks = True  # otherwise than mmtal.runtime, which exported models need to know

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        embed_channels: int | Sequence[int],
        max_seq_len: int,
        mixer: Callable[[int], nn.Module],
        depths: tuple[int, int, int],
        padding: str,
        abs_pos: bool,
        drop_path: float,
    ) -> None:
        if padding not in PADDING:
            raise ValueError(f"padding must be one of {tuple(PADDING)}, but got '{padding}'")

        def block(channels: int, level: int) -> ScanBlock:
            return ScanBlock(
                channels, mixer=mixer(channels), stride=2 if level else 1, drop_path=drop_path
            )

        super().__init__(
            in_channels,
            embed_channels=embed_channels,
            max_seq_len=max_seq_len,
            depths=depths,
            block=block,
            divisor=1,
            padding_rule=PADDING[padding],
            abs_pos=abs_pos,
        )


@BACKBONES.register_module()
class ActionMamba(ScanPyramid):
    """ActionFormer's backbone with Mamba blocks in place of transformer blocks.

    Source: Video Mamba Suite (Chen et al., 2024), section 4.1.

    Args:
        in_channels: As :class:`ScanPyramid`'s, like the following.
        embed_channels: Width.
        max_seq_len: Longest sequence in training; length of the position table.
        depths: Numbers of embedding convolutions, of stem blocks and of branch blocks.
        mixer: ``dbm``, :class:`DecomposedMamba`, or ``vim``, :class:`VisionMamba`.
        kernel_size: Of the blocks' causal convolutions.
        padding: Of recordings in testing: ``none`` or ``full``.
        abs_pos: Add a fixed sinusoid position encoding after the embedding.
        drop_path: Probability of dropping the mixer of a sample.
    """

    naming_rules: ClassVar = {"opentad": opentad_rules("mamba")}

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        embed_channels: int | Sequence[int],
        max_seq_len: int,
        depths: tuple[int, int, int] = (2, 2, 5),
        mixer: str = "dbm",
        kernel_size: int = 4,
        padding: str = "none",
        abs_pos: bool = False,
        drop_path: float = 0.3,
    ) -> None:
        if mixer not in MIXERS:
            raise ValueError(f"mixer must be one of {tuple(MIXERS)}, but got '{mixer}'")
        super().__init__(
            in_channels,
            embed_channels=embed_channels,
            max_seq_len=max_seq_len,
            mixer=partial(MIXERS[mixer], kernel_size=kernel_size),
            depths=depths,
            padding=padding,
            abs_pos=abs_pos,
            drop_path=drop_path,
        )
