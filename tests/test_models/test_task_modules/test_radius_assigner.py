"""Which points own an event, and how far it is."""

import pytest
import torch

from mmtal.models import PointGenerator, RadiusAssigner

CASES = [
    # events, labels, arguments, what each (point, class) must say, why
    ([], [], {}, {}, "no events"),
    ([4], [1], {}, {(3, 1): 1, (4, 1): 0, (5, 1): -1}, "1.5 to each side"),
    ([4.5], [0], {}, {(3, 0): 1.5, (4, 0): 0.5, (5, 0): -0.5, (6, 0): -1.5}, "the radius counts"),
    ([4, 5], [0, 1], dict(radius=0.5), {(4, 0): 0, (5, 1): 0}, "another class"),
    ([4, 5], [0, 1], dict(radius=1),
     {(3, 0): 1, (4, 0): 0, (5, 0): -1, (4, 1): 1, (5, 1): 0, (6, 1): -1}, "classes side by side"),
    ([4, 6], [0, 0], dict(radius=2),
     {(2, 0): 2, (3, 0): 1, (4, 0): 0, (5, 0): 1, (6, 0): 0, (7, 0): -1},
     "the nearer one, the later one of two as near"),
    ([4], [0], dict(levels=[1]), {(8 + 1, 0): 1, (8 + 2, 0): 0, (8 + 3, 0): -1},
     "level 1 of stride 2, in its strides"),
    ([4], [0], dict(levels=[0, 1], radius=0.4), {(4, 0): 0, (8 + 2, 0): 0}, "two levels"),
    ([20], [0], {}, {}, "outside"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "labels", "arguments", "expected", "why"), CASES, ids=[c[-1] for c in CASES]
)
def test_targets(events, labels, arguments, expected, why):
    points = PointGenerator((1, 2))([8, 4])
    middles = torch.tensor(events, dtype=torch.float32).reshape(-1, 1)
    segments = middles + torch.tensor([-1.0, 1.0])  # of any width
    found, ways = RadiusAssigner(**arguments)(points, segments, torch.tensor(labels).long(), 2)
    assert {tuple(pair) for pair in found.nonzero().tolist()} == set(expected)
    assert {pair: ways[pair].item() for pair in expected} == pytest.approx(expected)
    near, owned = RadiusAssigner(**arguments).coverage(points, segments)
    assert near.any(1).tolist() == found.any(1).tolist() and (owned == near).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(radius=0), "radius must be > 0, but got 0"),
        (dict(levels=[]), r"levels must be different numbers from 0 on, but got \[\]"),
        (dict(levels=[1, 1]), "levels must be different"),
        (dict(levels=[-1]), "levels must be different"),
    ],
)
def test_bad_settings(arguments, message):
    with pytest.raises(ValueError, match=message):
        RadiusAssigner(**arguments)
