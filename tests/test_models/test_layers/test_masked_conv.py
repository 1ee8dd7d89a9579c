"""Masked convolution, pooling and norm against PyTorch's own layers."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmtal.models.layers import ChannelLayerNorm, MaskedConv1d, downsample_mask, max_pool

LENGTHS = torch.tensor([[24], [13], [1]])
MASK = torch.arange(24) < LENGTHS


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (dict(kernel_size=3), "plain"),
        (dict(kernel_size=1), "a projection"),
        (dict(kernel_size=5, stride=2), "strided"),
        (dict(kernel_size=3, groups=6), "depthwise, computed in two dimensions"),
        (dict(kernel_size=3, groups=6, stride=2), "depthwise and strided"),
        (dict(kernel_size=3, groups=6, bias=False), "depthwise without bias"),
        (dict(kernel_size=3, groups=2), "grouped"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("channels_last", [False, True])
def test_masked_convolution_is_a_convolution_and_a_mask(arguments, why, channels_last):
    torch.manual_seed(0)
    conv = MaskedConv1d(6, 6, **arguments)
    if conv.bias is not None:
        assert (conv.bias == 0).all()
        nn.init.normal_(conv.bias)
    plain = nn.Conv1d(6, 6, padding=arguments["kernel_size"] // 2, **arguments)
    plain.load_state_dict(conv.state_dict())
    x = torch.randn(3, 6, 24)
    if channels_last:  # as ChannelLayerNorm leaves it
        x = x.transpose(1, 2).contiguous().transpose(1, 2)
    out, out_mask = conv(x, MASK)
    expected_mask = MASK[:, :: arguments.get("stride", 1)]
    assert torch.equal(out_mask, expected_mask)
    torch.testing.assert_close(out, plain(x) * expected_mask[:, None], rtol=1e-5, atol=1e-6)


def test_an_even_kernel_is_refused():
    with pytest.raises(ValueError, match="kernel_size must be odd, but got 4"):
        MaskedConv1d(6, 6, kernel_size=4)


@pytest.mark.parametrize("length", [1, 2, 9, 24])
def test_masks_are_downsampled_to_the_nearest(length):
    for valid in range(1, length + 1):
        mask = (torch.arange(length) < valid)[None]
        out = downsample_mask(mask, 2)
        assert out.sum() == -(-valid // 2)  # the count of valid points that decoding relies on
        if length % 2 == 0:
            nearest = F.interpolate(mask[None].float(), size=length // 2, mode="nearest")[0]
            assert torch.equal(out, nearest.bool())


def test_max_pool_is_max_pool_of_negative_values_too():
    x = torch.randn(2, 3, 10) - 5  # padding must not win over them
    assert torch.equal(max_pool(x, kernel_size=3, stride=2), nn.MaxPool1d(3, 2, 1)(x))


def test_layer_norm_is_over_channels():
    norm = ChannelLayerNorm(6)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    x = torch.randn(2, 6, 5)
    centerd = x - x.mean(1, keepdim=True)
    expected = centerd / (centerd.square().mean(1, keepdim=True) + 1e-5).sqrt()
    expected = expected * norm.weight[:, None] + norm.bias[:, None]
    torch.testing.assert_close(norm(x), expected)
