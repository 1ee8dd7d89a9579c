"""Convolutions on (B, C, T) features of which only a part is valid.

B batch, C channels, T positions. A mask is bool (B, T), True where the features are valid.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers.products import conv1d


class MaskedConv1d(nn.Conv1d):
    """Odd-sized convolution whose output is zero in the padding.

    Args:
        in_channels: Channels in.
        out_channels: Channels out.
        kernel_size: Odd; the input is padded by half of it on both sides.
        stride: Level stride of the output relative to the input.
        groups: As in ``nn.Conv1d``.
        bias: Whether to add a bias, which starts at 0.
        exact: Whether to stay in float32 in mixed precision, as predictions should.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int,
        stride: int = 1,
        groups: int = 1,
        bias: bool = True,
        exact: bool = False,
    ) -> None:
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, but got {kernel_size}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            groups=groups,
            bias=bias,
        )
        self.exact = exact
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Convolve and mask.

        Args:
            x: (B, C_in, T).
            mask: Bool (B, T).

        Returns:
            (B, C_out, T / stride) and its mask (B, T / stride).
        """
        how: dict[str, int] = dict(stride=self.stride[0], groups=self.groups)
        if self.exact and not x.is_meta and torch.is_autocast_enabled(x.device.type):
            with torch.autocast(x.device.type, enabled=False):
                y = conv1d(x.float(), self.weight, self.bias, **how)
        else:
            y = conv1d(x, self.weight, self.bias, **how)
        mask = downsample_mask(mask, self.stride[0])
        return zero_padding(y, mask), mask


def zero_padding(x: Tensor, mask: Tensor) -> Tensor:
    """x (B, C, T), zero where the mask (B or 1, T) is False; in place where no gradient needs x."""
    valid = mask.unsqueeze(1).to(x.dtype)
    return x * valid if x.requires_grad else x.mul_(valid)


def downsample_mask(mask: Tensor, stride: int) -> Tensor:
    """Bool (B, T) -> (B, ceil(T / stride)): position p of the result is position p * stride."""
    return mask[:, ::stride]


def max_pool(x: Tensor, *, kernel_size: int, stride: int) -> Tensor:
    """Max pooling that keeps the memory layout of x: (B, C, T) -> (B, C, T / stride)."""
    return F.max_pool2d(
        x.unsqueeze(2), (1, kernel_size), (1, stride), (0, kernel_size // 2)
    ).squeeze(2)
