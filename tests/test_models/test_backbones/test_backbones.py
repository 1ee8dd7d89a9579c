"""Both backbones: levels, masks, and how far they must be padded (figures: test_golden.py)."""

import pytest
import torch

from mmtal.models import ConvNet, ConvTransformer
from mmtal.registry import BACKBONES

CONV_NET = dict(type="ConvNet", in_channels=6, embed_channels=8, max_seq_len=64, depths=(1, 1, 3))
TRANSFORMER = dict(CONV_NET, type="ConvTransformer", num_heads=2, window=5)


@pytest.mark.parametrize("config", [CONV_NET, TRANSFORMER], ids=["ConvNet", "ConvTransformer"])
@pytest.mark.parametrize(
    ("lengths", "padded", "why"),
    [
        ([40, 17], 48, "a batch of two"),
        ([1], 16, "one feature: the coarsest level has one valid point"),
        ([64], 64, "no padding at the training length"),
        ([64, 0], 64, "a sample without valid features does no harm to the other"),
    ],
)
def test_levels_and_masks(config, lengths, padded, why):
    torch.manual_seed(0)
    backbone = BACKBONES.build(config).eval()
    assert backbone.level_strides == [1, 2, 4, 8]
    assert max(backbone.padding.padded_length(n) for n in lengths if n) == padded
    mask = torch.arange(padded) < torch.tensor(lengths)[:, None]
    x = torch.randn(len(lengths), 6, padded) * mask[:, None]
    features, masks = backbone(x, mask)
    for level, (feature, level_mask) in enumerate(zip(features, masks, strict=True)):
        stride = 2**level
        assert feature.shape == (len(lengths), 8, padded // stride)
        assert level_mask.sum(1).tolist() == [-(-n // stride) for n in lengths]
        assert feature.isfinite().all()


@pytest.mark.parametrize("config", [CONV_NET, TRANSFORMER], ids=["ConvNet", "ConvTransformer"])
@pytest.mark.parametrize("length", [1, 8, 20, 33, 56])
def test_more_padding_than_needed_changes_nothing_up_to_the_releases(config, length):
    torch.manual_seed(0)
    backbone = BACKBONES.build(config).eval()
    with torch.no_grad():
        for norm in backbone.embedding.norms:  # its bias is what makes padding matter
            norm.bias.normal_()
    x = torch.randn(1, 6, length)
    valid = []
    rule = backbone.padding
    for to in (rule.padded_length(length), rule.official_length(length)):
        padded = torch.nn.functional.pad(x, (0, to - length))
        features, masks = backbone(padded, torch.arange(to)[None] < length)
        valid.append([f.transpose(1, 2)[m] for f, m in zip(features, masks, strict=True)])
    for enough, official in zip(*valid, strict=True):
        torch.testing.assert_close(enough, official, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("window", "divisor", "why"),
    [
        (19, 8 * 18, "the coarsest level's reach, both sides"),
        ([9, 9, 9, -1], 4 * 8, "global attention needs only its stride"),
        ([33, 3, 3, 3], 32, "a finer level may need the most"),
        (-1, 8, "global everywhere"),
    ],
)
def test_divisor_of_longer_sequences(window, divisor, why):
    backbone = ConvTransformer(
        6, embed_channels=8, max_seq_len=144, depths=(1, 1, 3), num_heads=2, window=window
    )
    assert backbone.padding.divisor == divisor


def test_windows_must_be_one_for_each_level():
    with pytest.raises(ValueError, match=r"one for each of the 4 levels, but got \[5, 5\]"):
        ConvTransformer(6, embed_channels=8, max_seq_len=64, depths=(1, 1, 3), window=[5, 5])


def test_positions_are_stretched_for_each_sample_to_its_own_padded_length():
    backbone = ConvTransformer(
        6, embed_channels=8, max_seq_len=32, depths=(1, 1, 2), num_heads=2, window=5, abs_pos=True
    ).eval()
    mask = torch.arange(60) < torch.tensor([[35], [60]])  # alone: 48 and 64 positions
    positions = backbone._positions(mask)
    for row, length in zip(positions, (48, 64), strict=True):
        expected = torch.nn.functional.interpolate(backbone.pos_table[None], length, mode="linear")
        n = min(60, length)
        torch.testing.assert_close(row[:, :n], expected[0, :, :n])


@pytest.mark.parametrize("backbone", [ConvNet, ConvTransformer])
def test_several_sources(backbone):
    built = backbone([4, 2], embed_channels=[6, 2], max_seq_len=64)
    assert (built.in_channels, built.out_channels) == (6, 8)
