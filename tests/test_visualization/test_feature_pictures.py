"""Heat-maps of features: nothing lost, everything in its place."""

import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import AxesImage

sys.path.insert(0, str(Path(__file__).parent))
from pictures import check_texts, class_names, view, written

from mmtal.structures import FeatureGrid, RecordingView
from mmtal.visualization.features import draw_features, robust_scale
from mmtal.visualization.grid_image import part_in_line, pool_extremes
from mmtal.visualization.layout import Line


@pytest.mark.parametrize(("length", "number"), [(1, 1), (7, 7), (7, 3), (100, 7), (5000, 999)])
def test_pooling_keeps_every_extreme(length: int, number: int) -> None:
    values = np.zeros((length, 2))
    for at in range(0, length, max(1, length // 50)):
        values[:] = 0.5
        values[at] = 3, -4
        pooled = pool_extremes(values, number)
        assert pooled.shape == (number, 2)
        groups = np.flatnonzero(pooled[:, 0] == 3)
        assert np.array_equal(groups, np.flatnonzero(pooled[:, 1] == -4))
        assert 1 <= len(groups) <= 2  # two, where it lies on a border
        assert all(g * length / number < at + 1 and at < (g + 1) * length / number for g in groups)


def test_pooling_does_not_alias() -> None:
    wave = np.tile([1.0, -1.0], 5000)[:, None]  # every pixel sees both extremes
    assert set(np.abs(pool_extremes(wave, 997)).ravel()) == {1.0}


def test_pooling_to_more_changes_nothing() -> None:
    values = np.arange(6.0).reshape(3, 2)
    assert np.array_equal(pool_extremes(values, 5), values)


def test_scale_is_robust() -> None:
    random = np.random.default_rng(0)
    values = random.normal(5, 2, (4000, 4)).astype(np.float32)
    values[::100, 0] = 1e6  # outliers
    values[:, 1] = 7  # constant
    values[:, 2] = 0
    values[:40, 2] = 10  # mostly 0
    values[:, 3] = np.nan
    center, spread = robust_scale(values)
    np.testing.assert_allclose(center, [5, 7, 0, 0], atol=0.2)
    np.testing.assert_allclose(spread, [2, 1, values[:, 2].std(), 1], rtol=0.1)


GRIDS = [
    ("a feature for each frame", FeatureGrid(1, 1, 10.0), 300),
    ("overlapping snippets", FeatureGrid(4, 16, 30.0), 222),
    ("apart", FeatureGrid(16, 4, 25.0), 47),
]


@pytest.mark.parametrize(("why", "grid", "length"), GRIDS, ids=[case[0] for case in GRIDS])
def test_features_stand_where_they_are_in_time(why, grid, length) -> None:
    at = length // 3
    values = np.zeros((length, 3), np.float32)
    values[at, 1] = 9
    time = grid.to_seconds(float(at))
    step = grid.feature_stride / grid.fps
    recording = RecordingView("v", 30.0, np.array([[time, time + 1]]), np.array([0]))
    figure = draw_features(values, grid, recording, ["a"])
    placed = []
    for image in figure.findobj(AxesImage):
        left, right, _, _ = image.get_extent()
        array = np.asarray(image.get_array())
        for column in np.flatnonzero(np.abs(array[1]) > 1):
            width = (right - left) / array.shape[1]
            placed.append(left + (column + 0.5) * width)
        # The axes of instances and features tell the same time at the same place.
        assert image.axes.get_xlim()[1] - image.axes.get_xlim()[0] <= 30
        twins = [a for a in figure.axes if a.get_xlim() == image.axes.get_xlim()]
        spans = {(a.get_position().x0, a.get_position().x1) for a in twins}
        assert len(twins) == 2 and len(spans) == 1
    assert placed and all(abs(place - time) <= 0.5 * step + 1e-6 for place in placed)


def test_lines_see_each_feature() -> None:
    grid = FeatureGrid(4, 16, 30.0)
    for stride in (1, 8):
        seen: set[int] = set()
        for start in np.arange(0, 30, 5.0):
            first, last, (left, right) = part_in_line(40, grid, stride, Line(start, start + 5, 1))
            assert 0 <= first < last <= 40 and left < right
            seen.update(range(first, last))
        inside = grid.to_seconds(np.arange(40.0) * stride) < 30
        assert set(np.flatnonzero(inside)) <= seen


SIZES = [(1, 30, 3), (20, 30, 1), (110, 30, 200), (20, 10800, 4096)]


@pytest.mark.parametrize(("num_classes", "duration", "channels"), SIZES)
def test_nothing_is_written_over_something_else(num_classes, duration, channels) -> None:
    grid = FeatureGrid(1, 1, 8.0 if duration < 100 else 0.05)
    values = np.random.default_rng(0).normal(size=(int(duration * grid.fps), channels))
    recording = view(num_classes, duration, 12)
    figure = draw_features(values.astype(np.float32), grid, recording, class_names(num_classes))
    assert check_texts(figure) > 8
    assert any(f"of {channels} channels" in text for text in written(figure))


def test_broken_values_are_told(recwarn) -> None:
    values = np.ones((50, 4), np.float32)
    values[3] = np.nan
    values[4, 0] = np.inf
    grid = FeatureGrid(1, 1, 10.0)
    texts = written(draw_features(values, grid, RecordingView("v", 5.0), ["a"]))
    assert any("black: not finite (5)" in text for text in texts)
    assert not recwarn.list
