"""Which points become positive, and for what."""

import pytest
import torch

from mmtal.models import CenterAssigner, PointGenerator

ANY = (0, 10000)


def assign(segments, labels, *, length=24, strides=(1,), ranges=(ANY,), radius=1.5, classes=3):
    """Class targets and offsets of the points of a sequence."""
    points = PointGenerator(strides)([length // s for s in strides])
    return CenterAssigner(ranges, center_radius=radius)(
        points,
        torch.tensor(segments, dtype=torch.float32).reshape(-1, 2),
        torch.tensor(labels, dtype=torch.int64),
        classes,
    )


def positives(class_targets):
    return [tuple(pair) for pair in class_targets.nonzero().tolist()]


CASES = [
    # segments, labels, arguments, (point, class) pairs, why
    ([], [], {}, [], "no ground truth"),
    ([[0, 0.5]], [0], dict(length=1), [], "one point, on the boundary"),
    ([[-1, 1]], [2], dict(length=1), [(0, 2)], "one point, inside"),
    ([[4, 8]], [1], {}, [(5, 1), (6, 1), (7, 1)], "center 6, radius 1.5"),
    ([[4, 9]], [1], {}, [(6, 1), (7, 1)], "5 and 8 are 1.5 from the center: not strictly inside"),
    ([[5, 7]], [1], {}, [(6, 1)], "5 and 7 lie on the instance's ends"),
    ([[5.2, 5.8]], [1], {}, [], "between two points"),
    ([[2, 4], [4, 6]], [0, 1], {}, [(3, 0), (5, 1)], "touching: their common end belongs to none"),
    ([[2, 9]], [0], dict(radius=None), [(p, 0) for p in range(3, 9)], "radius None: all inside"),
    ([[4, 16]], [0], dict(strides=(4,)), [(2, 0), (3, 0)], "8 and 12, at stride 4"),
    ([[2, 22], [10, 14]], [0, 1], {}, [(11, 1), (12, 1), (13, 1)], "the shorter one wins"),
    ([[10, 14], [10, 14]], [0, 2], {}, [(11, 0), (11, 2), (12, 0), (12, 2), (13, 0), (13, 2)],
     "equal segments share"),
    ([[10, 14], [10, 14.0009]], [0, 2], dict(radius=0.5), [(12, 0), (12, 2)],
     "0.0009 longer: still a tie"),
    ([[10, 14], [10, 14.002]], [0, 2], dict(radius=0.5), [(12, 0)], "0.002 longer: no tie"),
    ([[10, 14], [10, 14]], [1, 1], dict(radius=0.5), [(12, 1)], "a duplicate counts once"),
    ([[4, 20]], [0], dict(ranges=[(4, 8)], radius=0.5), [(12, 0)], "8 is the range's upper end"),
    ([[4, 20]], [0], dict(ranges=[(8, 16)], radius=0.5), [(12, 0)], "8 is the lower end too"),
    ([[4, 20]], [0], dict(ranges=[(8.01, 16)], radius=0.5), [], "too short for the level"),
    ([[4, 20]], [0], dict(ranges=[(0, 7.99)], radius=0.5), [], "too long for the level"),
    ([[2, 22], [10, 14]], [0, 1], dict(ranges=[(8, 16)], radius=0.5), [(12, 0)],
     "the shorter one is not the level's"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("segments", "labels", "arguments", "expected", "why"), CASES, ids=[c[-1] for c in CASES]
)
def test_positives(segments, labels, arguments, expected, why):
    class_targets, offsets = assign(segments, labels, **arguments)
    assert positives(class_targets) == expected
    assert set(class_targets.unique().tolist()) <= {0.0, 1.0}
    assert offsets.shape == (len(class_targets), 2)
    assert (offsets[class_targets.any(-1)] > 0).all()


def test_an_instance_on_the_border_of_two_ranges_belongs_to_both_levels():
    class_targets, offsets = assign(
        [[4, 12]], [0], strides=(1, 2), ranges=[(0, 4), (4, 8)], radius=0.5
    )
    assert positives(class_targets) == [(8, 0), (24 + 4, 0)]
    assert offsets[8].tolist() == [4, 4]
    assert offsets[28].tolist() == [2, 2]  # in level strides


def test_offsets_are_those_of_the_chosen_instance():
    class_targets, offsets = assign([[2, 22], [10, 15]], [0, 1])
    for point, start, end in [(12, 2, 3), (13, 3, 2)]:
        assert class_targets[point].tolist() == [0, 1, 0]
        assert offsets[point].tolist() == [start, end]


@pytest.mark.parametrize(
    ("ranges", "radius", "message"),
    [
        ([(0, 4), (8, 4)], 1.5, "regression_ranges must be pairs 0 <= min < max"),
        ([(4, 4)], 1.5, "regression_ranges"),
        ([(-1, 4)], 1.5, "regression_ranges"),
        ([(0, 4)], 0, "center_radius must be > 0 or None, but got 0"),
    ],
)
def test_wrong_arguments(ranges, radius, message):
    with pytest.raises(ValueError, match=message):
        CenterAssigner(ranges, center_radius=radius)
