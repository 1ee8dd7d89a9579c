import pytest
import torch
from torch import Tensor, nn

from mmtal.models import BlockPyramid, windows_of_levels
from mmtal.models.layers import FullPadding, max_pool


class Pool(nn.Module):
    """Adds its level, and halves the length beyond level 0."""

    def __init__(self, channels: int, level: int) -> None:
        super().__init__()
        self.level = level
        self.channels = channels

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        if self.level:
            x, mask = max_pool(x, kernel_size=3, stride=2), mask[:, ::2]
        return x + self.level, mask


def test_blocks_know_their_width_and_level() -> None:
    pyramid = BlockPyramid(
        [3, 2],
        embed_channels=[4, 2],
        max_seq_len=16,
        depths=(1, 2, 3),
        block=Pool,
        padding_rule=FullPadding,
    )
    assert [b.level for b in [*pyramid.stem, *pyramid.branch]] == [0, 0, 1, 2, 3]
    assert {b.channels for b in pyramid.stem} == {6}
    assert (pyramid.in_channels, pyramid.out_channels) == (5, 6)
    assert pyramid.level_strides == [1, 2, 4, 8]
    assert pyramid.padding.padded_length(3) == 16, "as far as the release, since the rule says so"
    mask = torch.arange(16)[None] < 5
    features, masks = pyramid(torch.randn(1, 5, 16) * mask[:, None], mask)
    assert [x.shape[2] for x in features] == [16, 8, 4, 2]
    assert [int(m.sum()) for m in masks] == [5, 3, 2, 1]
    assert features[3].min() >= 1 + 2 + 3


@pytest.mark.parametrize(
    ("window", "expected"), [(5, [5, 5, 5]), ([3, 5, -1], [3, 5, -1]), ((7, 7, 7), [7, 7, 7])]
)
def test_windows(window, expected) -> None:
    assert windows_of_levels(window, 3) == expected


def test_another_number_of_windows_is_refused() -> None:
    with pytest.raises(ValueError, match="one for each of the 3 levels, but got \\[3, 5\\]"):
        windows_of_levels([3, 5], 3)
