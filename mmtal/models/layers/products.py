"""Convolutions and matrix products on (B, T, C) memory, by the fastest kernel of the processor.

Sequences are (B, C, T) to every layer, and (B, T, C) in memory, which norms and products want.
PyTorch's one-dimensional convolution would lay them out anew before and after; the two-dimensional
one of a sequence of height 1 does not.

Which kernel is fastest was measured (``benchmarks/products.py``):

- On AMD's CPUs, MKL multiplies float32 matrices without AVX-512, at half the speed of oneDNN, to
  which PyTorch leads through its convolutions only.
- On Intel's, MKL is ahead: a convolution is three of its products on shifted rows.
- oneDNN's gradient of the weights is slow for many channels in (B, T, C) memory in float32.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.utils.processor import is_amd

WIDE = 1024
"""Input channels from which on training in float32 takes the one-dimensional convolution."""
SMALL = 20480
"""Numbers up to which PyTorch convolves without oneDNN, and slowly where there is a dilation."""

MKL_IS_SLOW = torch.backends.mkl.is_available() and is_amd()


def conv1d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, *, stride: int = 1, groups: int = 1
) -> Tensor:
    """``F.conv1d`` with a padding of half the kernel; the result is (B, T, C) in memory.

    Args:
        x: (B, C_in, T), best (B, T, C_in) in memory.
        weight: (C, C_in / groups, odd kernel size).
        bias: (C,).
        stride: Temporal downsampling.
        groups: As in ``F.conv1d``.

    Returns:
        (B, C, T / stride).
    """
    half = weight.shape[2] // 2
    if groups == 1 and (x.device.type != "cpu" or torch.compiler.is_compiling()):
        return F.conv1d(x, weight, bias, stride, half)
    if groups == 1 and x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu"):
        if torch.is_grad_enabled() and (not MKL_IS_SLOW or weight.shape[1] >= WIDE):
            return F.conv1d(x, weight, bias, stride, half)
        if not MKL_IS_SLOW and len(x) == stride == half == 1:
            return shifted_products(x, weight, bias)
    return F.conv2d(
        x.unsqueeze(2), weight.unsqueeze(2), bias, (1, stride), (0, half), groups=groups
    ).squeeze(2)


def shifted_products(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Convolution with a kernel of 3 as three products: (1, C_in, T) -> (1, C, T); no gradient."""
    rows = x[0].t()
    before, here, after = weight.permute(2, 1, 0)
    y = rows @ here if bias is None else torch.addmm(bias, rows, here)
    y[1:].addmm_(rows[:-1], before)
    y[:-1].addmm_(rows[1:], after)
    return y.t()[None]


class Linear(nn.Linear):
    """``nn.Linear`` whose bias starts at 0.

    Args:
        in_channels: Channels in.
        out_channels: Channels out.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C_in) -> (..., C_out)."""
        if (
            not MKL_IS_SLOW
            or torch.compiler.is_compiling()
            or x.numel() <= SMALL
            or x.dtype != torch.float32
            or x.device.type != "cpu"
            or torch.is_autocast_enabled("cpu")
        ):
            return super().forward(x)
        rows = x.reshape(1, 1, -1, self.in_features).permute(0, 3, 1, 2)
        # The dilation changes nothing, but PyTorch takes MKL for kernels of 1 without it.
        y = F.conv2d(rows, self.weight[:, :, None, None], self.bias, dilation=2)
        return y.permute(0, 2, 3, 1).reshape(*x.shape[:-1], self.out_features)
