"""Residual blocks of the backbones.

All map (B, C, T) and the mask (B, T) to (B, C, T / stride) and its mask (B, T / stride).
"""

import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers.attention import ConvAttention
from mmtal.models.layers.conv import MaskedConv1d, max_pool
from mmtal.models.layers.drop_path import AffineDropPath
from mmtal.models.layers.norm import ChannelLayerNorm
from mmtal.models.layers.products import Linear


class TransformerBlock(nn.Module):
    """Pre-norm transformer block; with stride 2 its skip path is a max pool.

    Source: ActionFormer (Zhang et al., ECCV 2022), section 3.2.

    Args:
        channels: C.
        num_heads: Attention heads.
        window: Attention window, -1 for global.
        stride: Temporal downsampling, 1 or 2.
        rel_pos: Learn a bias by relative position.
        dropout: On the attention's projection and in the MLP.
        drop_path: Probability of dropping a residual branch of a sample; 0 leaves out the
            branches' learned scales as well.
    """

    def __init__(
        self,
        channels: int,
        *,
        num_heads: int,
        window: int,
        stride: int = 1,
        rel_pos: bool = False,
        dropout: float = 0.0,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.attn_norm = ChannelLayerNorm(channels)
        self.attn = ConvAttention(
            channels,
            num_heads=num_heads,
            window=window,
            stride=stride,
            rel_pos=rel_pos,
            dropout=dropout,
        )
        self.mlp_norm = ChannelLayerNorm(channels)
        self.mlp = nn.Sequential(
            Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Dropout(dropout),
            Linear(4 * channels, channels),
            nn.Dropout(dropout),
        )
        self.attn_drop_path, self.mlp_drop_path = (
            AffineDropPath(channels, drop_prob=drop_path) if drop_path > 0 else nn.Identity()
            for _ in range(2)
        )

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        attended, out_mask = self.attn(self.attn_norm(x), mask)
        if self.stride > 1:
            x = max_pool(x, kernel_size=self.stride + 1, stride=self.stride)
        valid = out_mask.unsqueeze(1).to(x.dtype)  # (B, 1, T)
        x = x * valid + self.attn_drop_path(attended)
        hidden = self.mlp(self.mlp_norm(x).transpose(1, 2)).transpose(1, 2)
        return x + self.mlp_drop_path(hidden * valid), out_mask


class ConvBlock(nn.Module):
    """Two convolutions with a skip path, as ResNet's basic block, twice as wide inside.

    Args:
        channels: C.
        stride: Temporal downsampling, 1 or 2.
    """

    def __init__(self, channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = MaskedConv1d(channels, 2 * channels, kernel_size=3, stride=stride)
        self.conv2 = MaskedConv1d(2 * channels, channels, kernel_size=3)
        self.downsample = (
            MaskedConv1d(channels, channels, kernel_size=1, stride=stride) if stride > 1 else None
        )

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        y, out_mask = self.conv1(x, mask)
        y, _ = self.conv2(F.relu(y), out_mask)
        if self.downsample is not None:
            x, _ = self.downsample(x, mask)
        return F.relu(y + x), out_mask
