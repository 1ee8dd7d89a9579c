"""Attention weights of a block. T positions, H heads, D channels of a head, Q queries.

A block computes its output without ever holding the weights; here they are computed again from
the block's own queries, keys and relative positions.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtal.models.layers import ConvAttention
from mmtal.visualization.activity import BlockAttention

QUERIES_AT_ONCE = 512


def attention_weights(
    block: ConvAttention, query: Tensor, key: Tensor, positions: Tensor
) -> Tensor:
    """Weights (H, Q, T) of queries at some positions (Q,) of one recording without padding.

    Query and key, (T, H, D), are the block's; each row sums to 1, and is 0 outside its window.
    """
    T, _, D = key.shape
    logits = torch.einsum("qhd,thd->hqt", query[positions], key) / D**0.5
    if block.window != -1:
        reach = block.window // 2
        offset = torch.arange(T) - positions[:, None] + reach  # (Q, T)
        if block.rel_pos is not None:
            logits = logits + block.rel_pos[:, offset.clamp(0, 2 * reach)]
        logits = logits.masked_fill((offset < 0) | (offset > 2 * reach), float("-inf"))
    return logits.softmax(-1)


def local_weights(block: ConvAttention, query: Tensor, key: Tensor) -> Tensor:
    """Weights of all queries of a windowed block: (H, T, window), by relative position."""
    T, _, D = key.shape
    reach = block.window // 2
    keys = F.pad(key, (0, 0, 0, 0, reach, reach)).unfold(0, block.window, 1)  # (T, H, D, window)
    logits = torch.einsum("thd,thdw->htw", query, keys) / D**0.5
    if block.rel_pos is not None:
        logits = logits + block.rel_pos[:, None]
    at = torch.arange(T)[:, None] + torch.arange(-reach, reach + 1)  # (T, window)
    return logits.masked_fill((at < 0) | (at >= T), float("-inf")).softmax(-1)


@contextmanager
def watch_attention(
    model: nn.Module, choose: Callable[[int], Sequence[int]]
) -> Iterator[list[BlockAttention]]:
    """Collect the attention of every block while the model runs on one recording.

    The list fills in the order of the blocks. ``choose`` gives the queries whose weights are kept,
    in grid units of a level of this stride.
    """
    found: list[BlockAttention] = []
    full_length = 0

    def record(name: str) -> Callable[..., Any]:
        @torch.no_grad()
        def hook(block: ConvAttention, inputs: tuple[Tensor, Tensor]) -> None:
            nonlocal full_length
            x, mask = inputs
            full_length = max(full_length, mask.shape[1])
            query, key, _, out_mask = block.project(x, mask)
            T = int(out_mask[0].sum())  # padding is only on the right
            stride = full_length // out_mask.shape[1]
            query, key = query[0, :T].float().cpu(), key[0, :T].float().cpu()
            chosen = torch.tensor([min(max(q, 0), T - 1) for q in choose(stride)], dtype=torch.long)
            spread, distance = _summary(block, query, key)
            maps = attention_weights(block, query, key, chosen).mean(0)
            found.append(
                BlockAttention(
                    name, stride, block.window, spread.numpy(), (stride * distance).numpy(),
                    chosen.numpy(), maps.numpy(),
                )
            )  # fmt: skip

        return hook

    handles = [
        module.register_forward_pre_hook(record(name))
        for name, module in model.named_modules()
        if isinstance(module, ConvAttention)
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _summary(block: ConvAttention, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """Relative perplexity and mean distance of every query, (T,) each."""
    T = len(key)
    parts = []
    if block.window != -1:
        weights = local_weights(block, query, key)  # (H, T, window)
        reach = block.window // 2
        offset = torch.arange(-reach, reach + 1)
        at = torch.arange(T)[:, None] + offset
        seen = ((at >= 0) & (at < T)).sum(1)
        parts.append(_spread_and_distance(weights, offset.abs().expand(T, -1), seen))
    else:
        for positions in torch.arange(T).split(QUERIES_AT_ONCE):
            weights = attention_weights(block, query, key, positions)
            offset = (torch.arange(T) - positions[:, None]).abs()
            parts.append(_spread_and_distance(weights, offset, torch.full((len(positions),), T)))
    spread, distance = zip(*parts, strict=True)
    return torch.cat(spread), torch.cat(distance)


def _spread_and_distance(weights: Tensor, offset: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    entropy = torch.special.entr(weights).sum(-1).mean(0)
    return (entropy.exp() / seen).clamp(0, 1), (weights * offset).sum(-1).mean(0)
