"""Attention weights: the block's own, seen from outside."""

import pytest
import torch
from torch import Tensor, nn

from mmtal.inference.model_activity import attention_weights, local_weights, watch_attention
from mmtal.models.layers import ConvAttention

BLOCKS = [
    ("global", dict(window=-1), 20),
    ("local", dict(window=5), 20),
    ("local with a bias by relative position", dict(window=5, rel_pos=True), 20),
    ("a window longer than the recording", dict(window=19), 6),
    ("longer than a block of queries", dict(window=9), 70),
    ("downsampling", dict(window=5, stride=2), 20),
    ("downsampling, global", dict(window=-1, stride=2), 20),
    ("one position", dict(window=5), 1),
]
each = pytest.mark.parametrize(("why", "options", "length"), BLOCKS, ids=[b[0] for b in BLOCKS])


def make(options: dict, length: int) -> tuple[ConvAttention, Tensor, Tensor]:
    """A block of two heads, an input whose last three positions are padding, and its mask."""
    torch.manual_seed(0)
    block = ConvAttention(8, num_heads=2, **options).eval()
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.7)
    padded = length + 3 + (length + 3) % 2
    mask = (torch.arange(padded) < length)[None]
    return block, torch.randn(1, 8, padded) * mask[:, None], mask


def projections(block: ConvAttention, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value of the valid positions, (T, H, D) each."""
    *parts, out_mask = block.project(x, mask)
    length = int(out_mask.sum())
    return tuple(part[0, :length] for part in parts)  # type: ignore[return-value]


def dense(block: ConvAttention, query: Tensor, key: Tensor) -> Tensor:
    """Every pair written out: (H, T, T)."""
    T, H, D = key.shape
    out = torch.full((H, T, T), float("-inf"))
    for head in range(H):
        for i in range(T):
            for j in range(T):
                if block.window == -1 or abs(i - j) <= block.window // 2:
                    out[head, i, j] = query[i, head] @ key[j, head] / D**0.5
                    if block.rel_pos is not None:
                        out[head, i, j] += block.rel_pos[head, j - i + block.window // 2]
    return out.softmax(-1)


@each
@torch.no_grad()
def test_weights_are_those_of_a_dense_reference(why, options, length) -> None:
    block, x, mask = make(options, length)
    query, key, _ = projections(block, x, mask)
    expected = dense(block, query, key)
    positions = torch.arange(len(query))
    found = attention_weights(block, query, key, positions)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        attention_weights(block, query, key, positions[-1:]), expected[:, -1:]
    )
    if block.window != -1:
        local = local_weights(block, query, key)
        reach = block.window // 2
        for i in range(len(query)):
            for j in range(max(0, i - reach), min(len(query), i + reach + 1)):
                torch.testing.assert_close(local[:, i, j - i + reach], expected[:, i, j])


@each
@torch.no_grad()
def test_weights_give_the_output_of_the_block(why, options, length) -> None:
    block, x, mask = make(options, length)
    query, key, value = projections(block, x, mask)
    weights = attention_weights(block, query, key, torch.arange(len(query)))
    out = torch.einsum("hqt,thd->qhd", weights, value).flatten(1)  # (T, C)
    torch.testing.assert_close(block.proj(out), block(x, mask)[0][0].t()[: len(query)])


@each
@torch.no_grad()
def test_what_is_collected_while_the_model_runs(why, options, length) -> None:
    block, x, mask = make(options, length)
    query, key, _ = projections(block, x, mask)
    weights = dense(block, query, key)
    T = len(query)
    with watch_attention(nn.ModuleDict(dict(attn=block)), lambda stride: [2, 10**6, -5]) as found:
        block(x, mask)
    block(x, mask)  # no longer watched
    (one,) = found
    assert (one.name, one.window) == ("attn", block.window)
    assert one.stride == options.get("stride", 1)
    assert one.queries.tolist() == [min(2, T - 1), T - 1, 0]
    torch.testing.assert_close(torch.tensor(one.maps), weights.mean(0)[one.queries])
    offset = (torch.arange(T) - torch.arange(T)[:, None]).abs()
    distance = one.stride * (weights * offset).sum(-1).mean(0)
    torch.testing.assert_close(torch.tensor(one.distance), distance)
    seen = (weights > 0).any(0).sum(-1)
    spread = torch.special.entr(weights).sum(-1).mean(0).exp() / seen
    torch.testing.assert_close(torch.tensor(one.spread), spread)
    assert ((one.spread > 0) & (one.spread <= 1)).all()


def test_models_without_attention_have_none() -> None:
    with watch_attention(nn.Linear(1, 1), lambda stride: [0]) as found:
        assert found == []
