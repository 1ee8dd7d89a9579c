import math

import pytest
import torch

from mmtal.models.layers import ConvEmbedding, sinusoid_table


def test_each_source_has_its_own_projection():
    torch.manual_seed(0)
    embedding = ConvEmbedding([5, 3], channels=[4, 2], num_layers=0)
    assert (embedding.in_channels, embedding.out_channels) == ([5, 3], 6)
    x, mask = torch.randn(2, 8, 10), torch.ones(2, 10, dtype=torch.bool)
    first, second = embedding.projections
    expected = torch.cat((first(x[:, :5], mask)[0], second(x[:, 5:], mask)[0]), dim=1)
    assert torch.equal(embedding(x, mask), expected)


@pytest.mark.parametrize(("in_channels", "channels"), [(5, 6), ([5, 3], [4, 2])])
@pytest.mark.parametrize("with_norm", [True, False])
def test_width_and_sign(in_channels, channels, with_norm):
    embedding = ConvEmbedding(in_channels, channels=channels, num_layers=2, with_norm=with_norm)
    mask = torch.arange(10) < 7
    total = sum(in_channels) if isinstance(in_channels, list) else in_channels
    out = embedding(torch.randn(1, total, 10), mask[None])
    assert out.shape == (1, 6, 10)
    assert (out >= 0).all()  # ReLU comes last
    assert all((conv.bias is None) == with_norm for conv in embedding.convs)


@pytest.mark.parametrize(
    ("in_channels", "channels", "message"),
    [
        ([5, 3], 6, "both be one number or both one per source"),
        (8, [4, 2], "both be one number or both one per source"),
        ([5, 3], [4], "one width for each of the 2 sources"),
    ],
)
def test_wrong_widths(in_channels, channels, message):
    with pytest.raises(ValueError, match=message):
        ConvEmbedding(in_channels, channels=channels, num_layers=1)


@pytest.mark.parametrize(("in_channels", "channels"), [(8, 6), ([5, 3], [4, 2])])
def test_features_of_another_width_are_refused_with_the_remedy(in_channels, channels):
    embedding = ConvEmbedding(in_channels, channels=channels, num_layers=1)
    with pytest.raises(ValueError, match=r"8 channels .* but got 7: set model\.backbone"):
        embedding(torch.randn(1, 7, 4), torch.ones(1, 4, dtype=torch.bool))


def test_sinusoids():
    table = sinusoid_table(50, 6)
    assert table.shape == (6, 50)
    for channel, position in [(0, 0), (0, 7), (1, 7), (2, 30), (5, 49)]:
        angle = position / 10000 ** (2 * (channel // 2) / 6)
        wave = math.cos if channel % 2 else math.sin
        assert table[channel, position].item() == pytest.approx(wave(angle), abs=1e-6)
