"""Two ways to read a sequence from both ends. B batch, T positions, C channels."""

import torch
from torch import Tensor, nn

from mmtal.models.layers import SelectiveSSM

STEP_CHANNELS = 16
"""Channels of the block to one number that its steps are made from."""


class DecomposedMamba(nn.Module):
    """DBM: each direction has its own half of the input; both share the layer that reads it.

    Source: Video Mamba Suite (Chen et al., 2024), section 3.2.

    Args:
        channels: C.
        kernel_size: Of the causal convolutions.
    """

    def __init__(self, channels: int, *, kernel_size: int) -> None:
        super().__init__()
        self.in_proj = nn.Linear(channels, 4 * channels, bias=False)
        self.ssm = SelectiveSSM(
            channels, kernel_size=kernel_size, rank=-(-channels // STEP_CHANNELS)
        )
        self.out_proj = nn.Linear(2 * channels, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        ahead, back = self.in_proj(x).chunk(2, dim=2)
        both = torch.cat((ahead, back.flip(1)))  # (2 B, T, 2 C)
        ahead, back = self.ssm(*both.chunk(2, dim=2)).chunk(2)
        return self.out_proj(torch.cat((ahead, back.flip(1)), dim=2))


class VisionMamba(nn.Module):
    """ViM: one input, twice as wide, read by one layer from each end.

    Source: Vision Mamba (Zhu et al., 2024), section 3.3.

    Args:
        channels: C.
        kernel_size: Of the causal convolutions.
    """

    def __init__(self, channels: int, *, kernel_size: int) -> None:
        super().__init__()
        self.in_proj = nn.Linear(channels, 4 * channels, bias=False)
        self.ssm, self.back_ssm = (
            SelectiveSSM(2 * channels, kernel_size=kernel_size, rank=-(-channels // STEP_CHANNELS))
            for _ in range(2)
        )
        self.out_proj = nn.Linear(2 * channels, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        values, gate = self.in_proj(x).chunk(2, dim=2)
        back = self.back_ssm(values.flip(1), gate.flip(1)).flip(1)
        return self.out_proj(self.ssm(values, gate) + back)
