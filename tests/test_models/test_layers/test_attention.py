"""Attention against a plain dense one in double precision."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mmtal.models.layers import ConvAttention, global_attention, local_attention
from mmtal.models.layers.attention import BLOCK

H, D = 2, 4


def dense_attention(query, key, value, mask, *, window=None, bias=None):
    """What attention means, with all T x T logits."""
    query, key, value = (x.double().transpose(1, 2) for x in (query, key, value))
    logits = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5  # (B, H, T, T)
    attend = mask[:, None, None]
    if window is not None:
        position = torch.arange(logits.shape[-1])
        distance = position - position[:, None]  # of key and query
        attend = attend & (distance.abs() <= window // 2)
        if bias is not None:
            logits = logits + bias.double()[:, (distance + window // 2).clamp(0, window - 1)]
    attend = attend | torch.eye(logits.shape[-1], dtype=torch.bool)  # no empty rows in the padding
    weights = logits.masked_fill(~attend, float("-inf")).softmax(-1)
    return (weights @ value).transpose(1, 2)


def example(lengths, length):
    """Query, key, value (B, T, H, D), and the mask of samples with these valid lengths."""
    torch.manual_seed(0)
    tensors = [torch.randn(len(lengths), length, H, D, requires_grad=True) for _ in range(3)]
    return tensors, torch.arange(length) < torch.tensor(lengths)[:, None]


CASES = [
    # T, window, valid lengths, why
    (1, 3, [1], "one position"),
    (2, 19, [2, 1], "shorter than half a window"),
    (BLOCK - 1, 9, [31, 30], "less than a block"),
    (BLOCK, 3, [32, 1], "exactly a block"),
    (BLOCK + 1, 19, [33, 32, 17], "one position in the second block"),
    (2 * BLOCK, 7, [64, 33], "two blocks, a block of padding"),
    (100, 19, [100, 50, 0], "an empty sample beside others"),
    (100, 5, [0], "nothing but an empty sample"),
    (70, 69, [70, 41], "a window as wide as the sequence"),
    (40, 101, [40, 3], "a window wider than the sequence"),
]
IDS = [case[-1] for case in CASES]


@pytest.mark.parametrize("with_bias", [False, True], ids=["", "bias"])
@pytest.mark.parametrize(("length", "window", "lengths"), [c[:3] for c in CASES], ids=IDS)
def test_local_attention_is_dense_attention_within_the_window(length, window, lengths, with_bias):
    tensors, mask = example(lengths, length)
    bias = torch.randn(H, window, requires_grad=True) if with_bias else None
    inputs = [*tensors, *([bias] if with_bias else [])]
    actual = local_attention(*tensors, mask, window=window, bias=bias)
    expected = dense_attention(*tensors, mask, window=window, bias=bias)
    assert actual.isfinite().all()
    torch.testing.assert_close(actual[mask], expected[mask].float(), rtol=0, atol=1e-5)

    weights = torch.randn_like(actual)
    gradients, expected_gradients = (
        torch.autograd.grad((out * weights)[mask].sum(), inputs) for out in (actual, expected)
    )
    for ours, dense in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(ours, dense, rtol=0, atol=1e-4)


@pytest.mark.parametrize("lengths", [[1], [50], [50, 33, 1]])
def test_global_attention_is_dense_attention(lengths):
    tensors, mask = example(lengths, max(lengths))
    actual = global_attention(*tensors, mask)
    expected = dense_attention(*tensors, mask)
    torch.testing.assert_close(actual[mask], expected[mask].float(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("attention", ["local", "global"])
def test_keys_in_the_padding_get_no_weight(attention):
    tensors, mask = example([40, 21], 40)
    changed = [torch.where(mask[..., None, None], x, torch.full_like(x, 9)) for x in tensors]
    before, after = (
        local_attention(*x, mask, window=9) if attention == "local" else global_attention(*x, mask)
        for x in (tensors, changed)
    )
    assert torch.equal(before[mask], after[mask])


def test_the_cost_of_local_attention_is_linear():
    def flops(length):
        query = torch.empty(1, length, H, D, device="meta")
        mask = torch.ones(1, length, dtype=torch.bool, device="meta")
        with FlopCounterMode(display=False) as counter:
            local_attention(query, query, query, mask, window=19)
        return counter.get_total_flops()

    assert flops(2048) == 2 * flops(1024) > 0


@pytest.mark.parametrize("stride", [1, 2])
def test_a_window_over_all_positions_is_global_attention(stride):
    torch.manual_seed(0)
    everywhere = ConvAttention(8, num_heads=2, window=-1, stride=stride)
    local = ConvAttention(8, num_heads=2, window=101, stride=stride)
    local.load_state_dict(everywhere.state_dict())
    x, mask = torch.randn(2, 8, 48), torch.arange(48) < torch.tensor([[48], [30]])
    (ours, our_mask), (expected, expected_mask) = local(x, mask), everywhere(x, mask)
    assert ours.shape == (2, 8, 48 // stride)
    assert torch.equal(our_mask, mask[:, ::stride]) and torch.equal(our_mask, expected_mask)
    torch.testing.assert_close(ours, expected)
    assert (ours.transpose(1, 2)[~our_mask] == 0).all()


def test_relative_positions_are_learned_where_the_window_is_local():
    local = ConvAttention(8, num_heads=2, window=5, rel_pos=True)
    assert local.rel_pos.shape == (2, 5)
    assert ConvAttention(8, num_heads=2, window=-1, rel_pos=True).rel_pos is None
    out, _ = local(torch.randn(1, 8, 40), torch.ones(1, 40, dtype=torch.bool))
    out.square().sum().backward()
    assert (local.rel_pos.grad != 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(num_heads=3, window=5), "num_heads must divide channels=8, but got 3"),
        (dict(num_heads=2, window=4), "odd and >= 3, but got 4"),
        (dict(num_heads=2, window=1), "odd and >= 3, but got 1"),
        (dict(num_heads=2, window=0), "odd and >= 3, but got 0"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ConvAttention(8, **arguments)
