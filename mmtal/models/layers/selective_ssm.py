"""The state-space layer of Mamba. B batch, T positions, C channels, N states, R rank."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers.selective_scan import selective_scan

SHORTEST, LONGEST = 1e-3, 0.1
"""Steps that channels have at first, spread evenly in their logarithm."""


class SelectiveSSM(nn.Module):
    """A causal depthwise convolution, then a selective scan, gated by the other half of the input.

    Source: Mamba (Gu and Dao, 2023), section 3.4.

    Args:
        channels: C.
        num_states: N, of each channel.
        kernel_size: Of the convolution, which sees a position and those before it.
        rank: R, numbers from which a position's steps are made.
    """

    decayed = ("log_rate", "skip")

    def __init__(
        self, channels: int, *, num_states: int = 16, kernel_size: int = 4, rank: int
    ) -> None:
        super().__init__()
        self.sizes = (rank, num_states, num_states)
        self.conv = nn.Conv1d(
            channels, channels, kernel_size, groups=channels, padding=kernel_size - 1
        )
        nn.init.zeros_(self.conv.bias)  # type: ignore[arg-type]
        self.coefficients = nn.Linear(channels, sum(self.sizes), bias=False)
        self.step = nn.Linear(rank, channels)
        nn.init.uniform_(self.step.weight, -(rank**-0.5), rank**-0.5)
        steps = SHORTEST * (LONGEST / SHORTEST) ** torch.rand(channels)
        with torch.no_grad():
            self.step.bias.copy_(steps + torch.log(-torch.expm1(-steps)))  # softplus inverted
        rates = torch.arange(1, 1 + num_states, dtype=torch.float32)
        self.log_rate = nn.Parameter(rates.log().repeat(channels, 1))
        self.skip = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        """(B, T, C), (B, T, C) -> (B, T, C)."""
        x = F.silu(causal_conv(x, self.conv))
        steps, write, read = self.coefficients(x).split(self.sizes, dim=2)
        delta = F.softplus(self.step(steps))
        y = selective_scan(x, delta, -self.log_rate.float().exp(), write, read)
        return (y + self.skip * x) * F.silu(gate)


def causal_conv(x: Tensor, conv: nn.Conv1d) -> Tensor:
    """A depthwise convolution that sees what was before: (B, T, C) -> (B, T, C)."""
    size, T = conv.kernel_size[0], x.shape[1]
    padded = F.pad(x, (0, 0, size - 1, 0))
    # A sum of products: depthwise kernels want another memory layout.
    y = sum(padded[:, k : k + T] * conv.weight[:, 0, k] for k in range(size))
    return y + conv.bias  # type: ignore[operator,return-value]
