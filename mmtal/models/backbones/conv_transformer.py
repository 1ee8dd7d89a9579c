"""ActionFormer's backbone."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers import ConvEmbedding, PaddingRule, TransformerBlock, sinusoid_table
from mmtal.registry import BACKBONES


@BACKBONES.register_module()
class ConvTransformer(nn.Module):
    """Convolutional embedding, then transformer blocks that halve the length level by level.

    Source: ActionFormer (Zhang et al., ECCV 2022), section 3.2.

    Args:
        in_channels: Channels of the features; one number per source where several sources are
            concatenated.
        embed_channels: Width; one number per source where ``in_channels`` is a sequence.
        max_seq_len: Longest sequence in training; length of the position table.
        depths: Numbers of embedding convolutions, of stem blocks at full length, and of branch
            blocks, each of which halves the length.
        num_heads: Attention heads.
        window: Attention window; one number per level where it is a sequence, -1 for global
            attention.
        embed_kernel: Kernel size of the embedding convolutions.
        embed_norm: LayerNorm after each embedding convolution.
        embed_norm_eps: Added to the variance by these LayerNorms (OpenTAD: 1e-6).
        mask_after_norm: Whether the embedding is zero in the padding (OpenTAD), instead of what
            the norm's bias leaves there (the official release).
        abs_pos: Add a fixed sinusoid position encoding after the embedding.
        rel_pos: Learn an attention bias by relative position (local attention only).
        dropout: On attention projections and in MLPs.
        drop_path: Probability of dropping a residual branch of a sample.

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
        depths: tuple[int, int, int] = (2, 2, 5),
        num_heads: int = 4,
        window: int | Sequence[int] = 19,
        embed_kernel: int = 3,
        embed_norm: bool = True,
        embed_norm_eps: float = 1e-5,
        mask_after_norm: bool = False,
        abs_pos: bool = False,
        rel_pos: bool = False,
        dropout: float = 0.0,
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
        self.embedding = ConvEmbedding(
            in_channels,
            channels=embed_channels,
            num_layers=num_embed,
            kernel_size=embed_kernel,
            with_norm=embed_norm,
            norm_eps=embed_norm_eps,
            mask_after_norm=mask_after_norm,
        )
        self.in_channels = sum(self.embedding.in_channels)
        self.out_channels = self.embedding.out_channels
        self.level_strides = [2**level for level in range(1 + num_branch)]
        self.padding = PaddingRule(
            max_seq_len=max_seq_len,
            coarsest_stride=self.level_strides[-1],
            divisor=max(
                s * 2 * (w // 2) if w > 1 else s
                for s, w in zip(self.level_strides, windows, strict=True)
            ),
        )
        if abs_pos:
            table = sinusoid_table(max_seq_len, self.out_channels) / self.out_channels**0.5
            self.register_buffer("pos_table", table, persistent=False)  # (C, max_seq_len)
        self.abs_pos = abs_pos

        def block(level: int, stride: int) -> TransformerBlock:
            return TransformerBlock(
                self.out_channels,
                num_heads=num_heads,
                window=windows[level],
                stride=stride,
                rel_pos=rel_pos,
                dropout=dropout,
                drop_path=drop_path,
            )

        self.stem = nn.ModuleList(block(0, 1) for _ in range(num_stem))
        self.branch = nn.ModuleList(block(1 + level, 2) for level in range(num_branch))

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
        T = mask.shape[1]
        if self.padding.max_seq_len >= T:
            return self.pos_table[None, :, :T]
        # A sequence of T_i features has its table stretched to its own padded length.
        stretched = [
            F.interpolate(
                self.pos_table[None], size=self.padding.official_length(length), mode="linear"
            )[..., :T]
            for length in mask.sum(1).tolist()
        ]
        return torch.cat([F.pad(table, (0, T - table.shape[-1])) for table in stretched])
