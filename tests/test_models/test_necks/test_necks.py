"""Necks (the FPN's figures: test_extra_golden.py)."""

import pytest
import torch
from torch import nn

from mmtal.models import FPN, IdentityNeck

MASKS = [torch.arange(n) < torch.tensor([[n], [n // 2]]) for n in (8, 4, 2)]
FEATURES = [torch.randn(2, 6, n) for n in (8, 4, 2)]


def test_identity_neck_normalizes_each_level_by_itself():
    neck = IdentityNeck(6, num_levels=3)
    nn.init.constant_(neck.norms[1].bias, 5.0)
    out = neck(FEATURES, MASKS)
    assert neck.out_channels == 6
    for x, y, shift in zip(FEATURES, out, (0, 5, 0), strict=True):
        expected = (x - x.mean(1, keepdim=True)) / (
            x.var(1, correction=0, keepdim=True) + 1e-5
        ).sqrt()
        torch.testing.assert_close(y, expected + shift)


def test_identity_neck_without_norm_is_the_identity():
    out = IdentityNeck(6, num_levels=3, with_norm=False)(FEATURES, MASKS)
    assert all(a is b for a, b in zip(out, FEATURES, strict=True))


def test_fpn_adds_each_coarser_level_to_the_next_finer_one():
    neck = FPN(6, num_levels=3, out_channels=1, with_norm=False)
    for lateral, conv, weight in zip(neck.laterals, neck.convs, (1.0, 10.0, 100.0), strict=True):
        nn.init.constant_(lateral.weight, weight / 6)
        nn.init.zeros_(conv.weight)
        nn.init.ones_(conv.weight[:, :, 1].data)  # the middle tap alone: nothing is smoothed
    ones = [torch.ones(1, 6, n) for n in (8, 4, 2)]
    masks = [torch.ones(1, n, dtype=torch.bool) for n in (8, 4, 2)]
    for level, total in zip(neck(ones, masks), (111.0, 110.0, 100.0), strict=True):
        torch.testing.assert_close(level, torch.full_like(level, total))


@pytest.mark.parametrize("with_norm", [True, False])
def test_fpn_shapes(with_norm):
    neck = FPN(6, num_levels=3, out_channels=10, with_norm=with_norm)
    assert neck.out_channels == 10
    assert [x.shape for x in neck(FEATURES, MASKS)] == [(2, 10, 8), (2, 10, 4), (2, 10, 2)]
    assert all((conv.bias is None) == with_norm for conv in (*neck.laterals, *neck.convs))


def test_a_level_too_few_is_an_error():
    with pytest.raises(ValueError):
        FPN(6, num_levels=3, out_channels=6)(FEATURES[:2], MASKS[:2])
