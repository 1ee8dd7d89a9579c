import pytest
import torch

from mmtal.models import PointGenerator


def test_points_sit_at_multiples_of_their_level_stride():
    points = PointGenerator([1, 2, 4])([4, 2, 1])
    assert points.positions.tolist() == [0, 1, 2, 3, 0, 2, 0]
    assert points.level_strides.tolist() == [1, 1, 1, 1, 2, 2, 4]
    assert points.levels.tolist() == [0, 0, 0, 0, 1, 1, 2]


def test_one_point():
    points = PointGenerator([1])([1])
    assert points.positions.tolist() == [0]
    assert points.positions.dtype == points.level_strides.dtype == torch.float32


def test_a_level_too_few():
    with pytest.raises(ValueError, match="lengths of 2 levels, but got 1"):
        PointGenerator([1, 2])([4])
