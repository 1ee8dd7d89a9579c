"""The frame of a pyramid of blocks. B batch, C channels, T features, T_l positions of level l."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from mmtal.models.layers import ConvEmbedding, PaddingRule, sinusoid_table


class BlockPyramid(nn.Module):
    """Convolutional embedding, then blocks at full length, then blocks that halve the length.

    A backbone is a subclass that says what its blocks are, as :class:`ConvNet` does.

    Args:
        in_channels: Channels of the features; one number per source where several sources are
            concatenated.
        embed_channels: Width; one number per source where ``in_channels`` is a sequence.
        max_seq_len: Longest sequence in training; length of the position table.
        depths: Numbers of embedding convolutions, of stem blocks at full length, and of branch
            blocks, each of which halves the length.
        block: Makes the block of a width and a level. It maps (B, C, T) and bool (B, T) to the
            same at level 0, for the stem, and to half the length at the levels after it.
        divisor: What sequences beyond ``max_seq_len`` are padded to a multiple of; None: the
            coarsest level stride.
        padding_rule: How far sequences are padded.
        embed_kernel: Kernel size of the embedding convolutions.
        embed_norm: LayerNorm after each embedding convolution.
        abs_pos: Add a fixed sinusoid position encoding after the embedding.

    Attributes:
        in_channels (int): Channels of the features, all sources together.
        out_channels (int): Width of every level.
        level_strides (list[int]): Grid steps between the positions of each level.
        padding (PaddingRule): How far sequences must be padded.
    """

    embedding_class = ConvEmbedding
    pos_table: Tensor

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        embed_channels: int | Sequence[int],
        max_seq_len: int,
        depths: tuple[int, int, int],
        block: Callable[[int, int], nn.Module],
        divisor: int | None = None,
        padding_rule: type[PaddingRule] = PaddingRule,
        embed_kernel: int = 3,
        embed_norm: bool = True,
        abs_pos: bool = False,
    ) -> None:
        super().__init__()
        num_embed, num_stem, num_branch = depths
        self.embedding = self.embedding_class(
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
        self.padding = padding_rule(max_seq_len, coarsest, divisor or coarsest)
        if abs_pos:
            table = sinusoid_table(max_seq_len, self.out_channels) / self.out_channels**0.5
            self.register_buffer("pos_table", table, persistent=False)  # (C, max_seq_len)
        self.abs_pos = abs_pos
        self.stem = nn.ModuleList(block(self.out_channels, 0) for _ in range(num_stem))
        self.branch = nn.ModuleList(
            block(self.out_channels, level) for level in range(1, 1 + num_branch)
        )

    def forward(self, x: Tensor, mask: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Features and masks of every level, finest first.

        Args:
            x: (B, C_in, T), zero in the padding; T a multiple of the coarsest level's stride.
            mask: Bool (B, T).

        Returns:
            Per level (B, C, T_l) and bool (B, T_l), with T_l = T / level stride.
        """
        x = self.embedding(x, mask)
        if self.abs_pos:
            x = x + self._positions(mask) * mask.unsqueeze(1).to(x.dtype)
        for block in self.stem:
            x, mask = block(x, mask)
        features, masks = [x], [mask]
        for block in self.branch:
            x, mask = block(x, mask)
            features.append(x)
            masks.append(mask)
        return features, masks

    def _positions(self, mask: Tensor) -> Tensor:
        """Position encoding (B or 1, C, T); the table is stretched for longer sequences."""
        T, longest = mask.shape[1], self.padding.max_seq_len
        if not torch.compiler.is_compiling() and longest >= T:  # an exported graph has one path
            return self.pos_table[None, :, :T]
        # A sequence has its table stretched, linearly, to its own padded length.
        shrink = longest / self.padding.official_length(mask.sum(1, keepdim=True))  # (B, 1)
        at = (torch.arange(T, device=mask.device) + 0.5) * shrink - 0.5  # (B, T)
        at = at.clamp(0, longest - 1)
        left = at.long()
        right = (left + 1).clamp(max=longest - 1)
        table = self.pos_table.t()
        return torch.lerp(table[left], table[right], (at - left).unsqueeze(2)).transpose(1, 2)


def windows_of_levels(window: int | Sequence[int], num_levels: int) -> list[int]:
    """One window for each level, from one for all or one for each.

    Raises:
        ValueError: There are more or fewer than levels.
    """
    windows = [window] * num_levels if isinstance(window, int) else list(window)
    if len(windows) != num_levels:
        raise ValueError(
            f"window must be one number or one for each of the {num_levels} levels, "
            f"but got {window}"
        )
    return windows
