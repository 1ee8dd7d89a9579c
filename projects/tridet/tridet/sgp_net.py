"""TriDet's backbone. B batch, C channels, T features, T_l positions of level l."""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers import ConvEmbedding, PaddingRule, sinusoid_table
from mmtal.registry import BACKBONES
from projects.tridet.tridet.sgp_block import SGPBlock


@BACKBONES.register_module()
class SGPNet(nn.Module):
    """Convolutional embedding, then SGP blocks that halve the length level by level.

    Source: TriDet (Shi et al., CVPR 2023), section 3.2.

    Args:
        in_channels: Channels of the features; one number per source where several sources are
            concatenated.
        embed_channels: Width, a multiple of 16; one number per source where ``in_channels`` is a
            sequence.
        max_seq_len: Longest sequence in training; length of the position table.
        mlp_channels: Inner width of the blocks' MLPs.
        depths: Numbers of embedding convolutions, of stem blocks at full length, and of branch
            blocks, each of which halves the length.
        window: w, the blocks' short window, odd; one number per level where it is a sequence.
            Stem blocks have a window of 1, whatever the first number is.
        window_ratio: k; the long window is about k (w + 1) positions.
        init_std: Standard deviation of the blocks' convolutions at first. 0 is what the release
            has for THUMOS14 and EPIC-Kitchens: then they are 0, have gradient 0, and stay 0.
        abs_pos: Add a fixed sinusoid position encoding after the embedding.
        drop_path: Probability of dropping a residual branch of a sample, in branch blocks.

    Attributes:
        in_channels (int): Channels of the features, all sources together.
        out_channels (int): Width of every level.
        level_strides (list[int]): Grid steps between the positions of each level.
        padding (PaddingRule): How far sequences must be padded.
    """

    pos_table: Tensor

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
        super().__init__()
        num_embed, num_stem, num_branch = depths
        windows = [window] * (1 + num_branch) if isinstance(window, int) else list(window)
        if len(windows) != 1 + num_branch:
            raise ValueError(
                f"window must be one number or one for each of the {1 + num_branch} levels, "
                f"but got {window}"
            )
        self.embedding = ConvEmbedding(in_channels, channels=embed_channels, num_layers=num_embed)
        self.in_channels = sum(self.embedding.in_channels)
        self.out_channels = self.embedding.out_channels
        self.level_strides = [2**level for level in range(1 + num_branch)]
        self.padding = FullPadding(
            max_seq_len,
            self.level_strides[-1],
            divisor=max(s * w for s, w in zip(self.level_strides, windows, strict=True)),
        )
        if abs_pos:
            table = sinusoid_table(max_seq_len, self.out_channels) / self.out_channels**0.5
            self.register_buffer("pos_table", table, persistent=False)  # (C, max_seq_len)
        self.abs_pos = abs_pos

        def block(window: int, **kwargs: Any) -> SGPBlock:
            return SGPBlock(
                self.out_channels,
                mlp_channels=mlp_channels,
                window=window,
                window_ratio=window_ratio,
                init_std=init_std,
                **kwargs,
            )

        self.stem = nn.ModuleList(block(1) for _ in range(num_stem))
        self.branch = nn.ModuleList(block(w, stride=2, drop_path=drop_path) for w in windows[1:])

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Features and masks of every level, finest first.

        Args:
            x: (B, C_in, T), zero in the padding; T a multiple of the coarsest level's stride.
            mask: Bool (B, T).

        Returns:
            Per level (B, C, T_l), not zero in the padding, and bool (B, T_l).
        """
        x = self.embedding(x, mask)
        if self.abs_pos:
            T = x.shape[-1]
            table = self.pos_table[None, :, :T]
            if self.padding.max_seq_len < T:
                table = F.interpolate(self.pos_table[None], size=T, mode="linear")
            x = x + table * mask.unsqueeze(1).to(x.dtype)
        for block in self.stem:
            x, mask = block(x, mask)
        features, masks = [x], [mask]
        for block in self.branch:
            x, mask = block(x, mask)
            features.append(x)
            masks.append(mask)
        return features, masks


class FullPadding(PaddingRule):
    """Sequences are padded to the release's length, never less.

    An SGP block averages over the sequence with its padding, so that less of it would give another
    result.
    """

    def padded_length(self, length: int) -> int:
        """As :meth:`official_length`."""
        return self.official_length(length)
