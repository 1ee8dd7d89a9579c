"""Multi-head attention over sequences, global or within a local window.

B batch, C channels, T positions, H heads, D = C / H, N blocks of queries, Q queries and K keys of
a block. Masks are bool (B, T), True where valid.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers.conv import MaskedConv1d, zero_padding
from mmtal.models.layers.norm import ChannelLayerNorm
from mmtal.models.layers.products import Linear

BLOCK = 32
"""Queries per block of local attention (fastest of 16, 32, 64 on CPU for windows 7 to 19)."""


def global_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Attention of every position to every valid one.

    Args:
        query: (B, T, H, D); key and value alike.
        mask: Bool (B, T).

    Returns:
        (B, T, H, D); arbitrary where the mask is False.
    """
    # A recording always has a valid feature, so no row is empty.
    out = F.scaled_dot_product_attention(
        query.transpose(1, 2),
        key.transpose(1, 2),
        value.transpose(1, 2),
        attn_mask=mask[:, None, None],
    )
    return out.transpose(1, 2)


def local_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor,
    *,
    window: int,
    bias: Tensor | None = None,
) -> Tensor:
    """Attention of every position to the valid ones at most ``window // 2`` away.

    Queries are cut into blocks that share one slice of keys, so memory and time are linear in T.

    Args:
        query: (B, T, H, D); key and value alike.
        mask: Bool (B, T).
        window: Odd number of positions seen, the query's own in the middle.
        bias: (H, window), added to the attention logits by relative position.

    Returns:
        (B, T, H, D); arbitrary where the mask is False.
    """
    B, T, H, D = query.shape
    reach = window // 2
    num_blocks = (T + BLOCK - 1) // BLOCK  # not -(-T // BLOCK): ONNX rounds towards zero
    tail = num_blocks * BLOCK - T
    num_keys = BLOCK + 2 * reach

    position = torch.arange(num_keys, device=query.device)
    first = BLOCK * torch.arange(num_blocks, device=query.device)
    index = (first[:, None] + position).flatten()  # (N * K,)

    def keys_of_blocks(x: Tensor) -> Tensor:  # (B, T, ...) -> (B, N * K, ...)
        # By index, not unfold, whose gradient is slow, and which ONNX does not have.
        pad = [0, 0] * (x.ndim - 2) + [reach, reach + tail]
        return F.pad(x, pad).index_select(1, index)

    blocks = F.pad(query, (0, 0, 0, 0, 0, tail)).reshape(B * num_blocks, BLOCK, H, D)
    keys = keys_of_blocks(key).reshape(B * num_blocks, num_keys, H, D)
    values = keys_of_blocks(value).reshape(B * num_blocks, num_keys, H, D)

    relative = position - position[:BLOCK, None]  # (Q, K): 0 .. window - 1 inside the window
    in_window = (relative >= 0) & (relative < window)
    valid = keys_of_blocks(mask).reshape(B * num_blocks, 1, 1, num_keys)
    # A query in the padding sees itself, since an empty row would turn into NaN.
    attend = (valid & in_window) | (relative == reach)  # (B * N, 1, Q, K)
    if bias is not None:
        logits = bias[:, relative.clamp(0, window - 1)]  # (H, Q, K)
        attend = torch.where(attend, logits, float("-inf")).to(query.dtype)

    out = F.scaled_dot_product_attention(
        blocks.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), attn_mask=attend
    )
    return out.transpose(1, 2).reshape(B, num_blocks * BLOCK, H, D)[:, :T]


class ConvAttention(nn.Module):
    """Self-attention whose query, key and value come from depthwise convolutions.

    Source: ActionFormer (Zhang et al., ECCV 2022), section 3.2.

    Args:
        channels: C.
        num_heads: H; divides C.
        window: Positions seen by local attention, odd; -1 for global attention.
        stride: Temporal downsampling by the convolutions, 1 or 2.
        rel_pos: Learn a bias by relative position (local attention only).
        dropout: On the output projection.
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
    ) -> None:
        super().__init__()
        if channels % num_heads:
            raise ValueError(f"num_heads must divide channels={channels}, but got {num_heads}")
        if window != -1 and (window < 3 or window % 2 == 0):
            raise ValueError(f"window must be -1 (global) or odd and >= 3, but got {window}")
        self.num_heads = num_heads
        self.window = window
        self.query_conv = _depthwise(channels, stride)
        self.query_norm = ChannelLayerNorm(channels)
        self.query = Linear(channels, channels)
        self.key_conv = _depthwise(channels, stride)
        self.key_norm = ChannelLayerNorm(channels)
        self.key = Linear(channels, channels)
        self.value_conv = _depthwise(channels, stride)
        self.value_norm = ChannelLayerNorm(channels)
        self.value = Linear(channels, channels)
        self.proj = Linear(channels, channels)
        self.proj_drop = nn.Dropout(dropout)
        self.rel_pos: nn.Parameter | None = None
        if rel_pos and window != -1:
            self.rel_pos = nn.Parameter(torch.empty(num_heads, window))
            nn.init.trunc_normal_(self.rel_pos, std=(2.0 / channels) ** 0.5)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, T), (B, T) -> (B, C, T / stride), (B, T / stride); zero in the padding."""
        query, key, value, out_mask = self.project(x, mask)
        if self.window == -1:
            out = global_attention(query, key, value, out_mask)
        else:
            out = local_attention(
                query, key, value, out_mask, window=self.window, bias=self.rel_pos
            )
        out = self.proj_drop(self.proj(out.flatten(2)))  # (B, T, C)
        return zero_padding(out.transpose(1, 2), out_mask), out_mask

    def project(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(B, C, T), (B, T) -> query, key and value (B, T / stride, H, D), mask (B, T / stride)."""
        query, out_mask = self.query_conv(x, mask)
        key, _ = self.key_conv(x, mask)
        value, _ = self.value_conv(x, mask)
        return (
            self._heads(self.query(self.query_norm(query).mT)),
            self._heads(self.key(self.key_norm(key).mT)),
            self._heads(self.value(self.value_norm(value).mT)),
            out_mask,
        )

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.num_heads, -1))  # (B, T, C) -> (B, T, H, D)


def _depthwise(channels: int, stride: int) -> MaskedConv1d:
    return MaskedConv1d(
        channels, channels, kernel_size=3, stride=stride, groups=channels, bias=False
    )
