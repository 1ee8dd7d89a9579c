"""Seconds and grid units."""

import numpy as np
import pytest
import torch

from mmtal.structures import FeatureGrid

THUMOS = FeatureGrid(feature_stride=4, snippet_frames=16, fps=30)
GRIDS = [
    THUMOS,
    THUMOS.window(100),
    THUMOS.strided(2),
    THUMOS.strided(2).window(7),
    THUMOS.resized(500, 192),
    FeatureGrid(feature_stride=1, snippet_frames=0, fps=1),
    FeatureGrid(feature_stride=25, snippet_frames=50, fps=50),
]


@pytest.mark.parametrize("grid", GRIDS)
def test_to_seconds_undoes_to_grid(grid):
    for seconds in (7.25, np.array([[0.0, 3.5], [60.0, 61.5]]), torch.tensor([[0.0, 900.0]])):
        back = grid.to_seconds(grid.to_grid(seconds))
        assert type(back) is type(seconds)
        np.testing.assert_allclose(back, seconds, rtol=0, atol=2e-4)
    positions = torch.linspace(-10, 3000, 50)
    torch.testing.assert_close(
        grid.to_grid(grid.to_seconds(positions)), positions, atol=1e-3, rtol=0
    )


@pytest.mark.parametrize(
    ("grid", "seconds", "position", "why"),
    [
        (THUMOS, 8 / 30, 0.0, "the first feature lies in the middle of its 16 frames"),
        (THUMOS, 12 / 30, 1.0, "the next one 4 frames on"),
        (THUMOS, 0.0, -2.0, "the recording starts half a snippet before the first feature"),
        (THUMOS.window(100), 8 / 30, -100.0, "truncating shifts the grid"),
        (THUMOS.window(60).window(40), 8 / 30, -100.0, "windows add up"),
        (THUMOS.strided(3), 20 / 30, 1.0, "every third feature, the snippets as long as before"),
    ],
)
def test_closed_forms(grid, seconds, position, why):
    assert grid.to_grid(seconds) == pytest.approx(position, abs=1e-9)
    assert grid.to_seconds(position) == pytest.approx(seconds, abs=1e-9)


def test_formula_of_the_release():
    grid = FeatureGrid(feature_stride=16, snippet_frames=32, fps=29.97)
    for t in (0.0, 3.3, 1234.5):
        assert grid.to_grid(t) == pytest.approx(t * 29.97 / 16 - 0.5 * 32 / 16)


def test_resized_features_cover_the_same_frames_without_overlap():
    """ActivityNet: stride = ((T - 1) * 16 + 16) / 192 frames, snippets as long, offset 0.5."""
    grid = FeatureGrid(feature_stride=16, snippet_frames=16, fps=25).resized(100, 192)
    assert grid.feature_stride == grid.snippet_frames == (99 * 16 + 16) / 192
    assert grid.snippet_offset == 0.5
    assert grid.to_seconds(-0.5) == 0.0
    assert grid.to_seconds(191.5) == pytest.approx(1600 / 25)


@pytest.mark.parametrize(
    ("duration", "expected"), [(16 / 30, 1), (20 / 30, 2), (33.83, (33.83 * 30 - 16) / 4 + 1)]
)
def test_number_of_features(duration, expected):
    assert THUMOS.num_features(duration) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(feature_stride=0, snippet_frames=1, fps=1), "feature_stride must be > 0, but got 0"),
        (dict(feature_stride=1, snippet_frames=-1, fps=1), "snippet_frames must be >= 0"),
        (dict(feature_stride=1, snippet_frames=1, fps=0), "fps must be > 0, but got 0"),
        (dict(feature_stride=1, snippet_frames=1, fps=float("nan")), "fps must be > 0"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        FeatureGrid(**arguments)


def test_a_stride_after_a_window_is_refused():
    with pytest.raises(ValueError, match="temporal stride before cutting a window"):
        THUMOS.window(3).strided(2)
