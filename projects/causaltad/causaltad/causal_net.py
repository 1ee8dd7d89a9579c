"""CausalTAD's backbone. B batch, T positions, C channels, D inner channels, H heads."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers import SelectiveSSM
from mmtal.registry import BACKBONES
from projects.actionmamba.actionmamba import ScanPyramid
from projects.actionmamba.actionmamba.mixers import STEP_CHANNELS
from projects.actionmamba.actionmamba.opentad_names import opentad_rules


class CausalMixer(nn.Module):
    """From each end, a selective scan and causal attention, side by side and gated.

    Attention also reads the padding. Its queries, keys and values come from one depthwise
    convolution, whose outputs are cut into three in the order of channels, as OpenTAD does it: a
    query is made of the first third of the channels, not of a filter of its own for each.

    Source: CausalTAD (Liu et al., 2024), section 3.

    Args:
        channels: C.
        expand: D / C.
        num_heads: H; divides D.
        kernel_size: Of the scan's causal convolution.
    """

    def __init__(self, channels: int, *, expand: int, num_heads: int, kernel_size: int) -> None:
        super().__init__()
        inner = expand * channels
        if inner % num_heads:
            raise ValueError(f"num_heads must divide {inner} channels, but got {num_heads}")
        self.num_heads = num_heads
        self.in_proj = nn.Linear(channels, 8 * inner, bias=False)
        self.ssm = SelectiveSSM(inner, kernel_size=kernel_size, rank=-(-channels // STEP_CHANNELS))
        self.qkv = nn.Conv1d(inner, 3 * inner, 3, padding=1, groups=inner)
        nn.init.zeros_(self.qkv.bias)  # type: ignore[arg-type]
        self.out_proj = nn.Linear(4 * inner, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        ahead, back = self.in_proj(x).chunk(2, dim=2)
        both = torch.cat((ahead, back.flip(1)))  # (2 B, T, 4 D)
        values, gate, attended, attended_gate = both.chunk(4, dim=2)
        scanned = self.ssm(values, gate)
        attended = self.attend(attended) * F.silu(attended_gate)
        ahead, back = torch.cat((scanned, attended), dim=2).chunk(2)
        return self.out_proj(torch.cat((ahead, back.flip(1)), dim=2))

    def attend(self, x: Tensor) -> Tensor:
        """Attention of each position to itself and those before it: (B, T, D) -> (B, T, D)."""
        cut = self.qkv(x.mT).mT.unflatten(2, (3, self.num_heads, -1))  # (B, T, 3, H, D / H)
        # in a row: else PyTorch computes all T x T products one by one, at several times the cost
        query, key, value = cut.permute(2, 0, 3, 1, 4).contiguous()
        y = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return y.transpose(1, 2).flatten(2)


@BACKBONES.register_module()
class CausalNet(ScanPyramid):
    """ActionFormer's backbone with blocks that look one way at a time.

    Args:
        in_channels: As :class:`projects.actionmamba.actionmamba.ScanPyramid`'s, like the following.
        embed_channels: Width.
        max_seq_len: Longest sequence in training; length of the position table.
        depths: Numbers of embedding convolutions, of stem blocks and of branch blocks.
        expand: Inner width of the blocks, a multiple of theirs.
        num_heads: Attention heads.
        kernel_size: Of the scans' causal convolutions.
        padding: Of recordings, or windows of them, in testing: ``none`` or ``full``.
        abs_pos: Add a fixed sinusoid position encoding after the embedding.
        drop_path: Probability of dropping the mixer of a sample.
    """

    naming_rules: ClassVar = {"opentad": opentad_rules("block")}

    def __init__(
        self,
        in_channels: int | Sequence[int],
        *,
        embed_channels: int | Sequence[int],
        max_seq_len: int,
        depths: tuple[int, int, int] = (2, 2, 5),
        expand: int = 2,
        num_heads: int = 4,
        kernel_size: int = 4,
        padding: str = "full",
        abs_pos: bool = False,
        drop_path: float = 0.3,
    ) -> None:
        super().__init__(
            in_channels,
            embed_channels=embed_channels,
            max_seq_len=max_seq_len,
            mixer=partial(CausalMixer, expand=expand, num_heads=num_heads, kernel_size=kernel_size),
            depths=depths,
            padding=padding,
            abs_pos=abs_pos,
            drop_path=drop_path,
        )
