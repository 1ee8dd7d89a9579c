import pytest
import torch

from mmtal.structures import (
    clip_segments,
    pairwise_tiou,
    segment_lengths,
    tiou,
    to_boxes,
    to_segments,
)


def tensor(*segments):
    return torch.tensor(segments, dtype=torch.float32).reshape(-1, 2)


@pytest.mark.parametrize(
    ("first", "second", "overlap", "why"),
    [
        ((0, 4), (0, 4), 1.0, "equal"),
        ((0, 4), (2, 6), 2 / 6, "half"),
        ((0, 4), (1, 2), 1 / 4, "one inside the other"),
        ((0, 4), (4, 8), 0.0, "touching"),
        ((0, 4), (5, 8), 0.0, "apart"),
        ((3, 3), (0, 4), 0.0, "an empty one inside"),
        ((3, 3), (3, 3), 0.0, "two empty ones: no division by zero"),
        ((-2, 2), (-1, 1), 2 / 4, "negative times"),
    ],
)
def test_pairwise_tiou(first, second, overlap, why):
    for a, b in ((first, second), (second, first)):
        assert pairwise_tiou(tensor(a), tensor(b)).item() == pytest.approx(overlap)


@pytest.mark.parametrize(("n", "m"), [(0, 0), (0, 3), (2, 0), (2, 3)])
def test_shapes(n, m):
    first, second = torch.zeros(n, 2), torch.zeros(m, 2)
    assert pairwise_tiou(first, second).shape == (n, m)
    assert segment_lengths(first).shape == (n,)
    assert clip_segments(first, 0.0, 1.0).shape == (n, 2)


def test_lengths():
    assert segment_lengths(tensor((1, 4), (2, 2))).tolist() == [3, 0]


@pytest.mark.parametrize(
    ("segment", "clipped", "why"),
    [
        ((2, 5), (2, 5), "inside"),
        ((-1, 5), (0, 5), "begins before"),
        ((8, 12), (8, 10), "ends after"),
        ((-5, 20), (0, 10), "longer than the recording"),
        ((11, 14), (10, 10), "outside: empty, not dropped"),
        ((-4, -1), (0, 0), "outside: empty, not dropped"),
        ((0, 10), (0, 10), "touches both ends"),
    ],
)
def test_clip(segment, clipped, why):
    assert clip_segments(tensor(segment), 0.0, 10.0).tolist() == [list(clipped)]


def test_tiou_of_pairs_has_a_gradient_also_of_empty_ones():
    first = tensor((0, 4), (3, 3)).requires_grad_(True)
    found = tiou(first, tensor((2, 6), (3, 3)))
    assert found.tolist() == pytest.approx([2 / 6, 0])
    found.sum().backward()
    assert first.grad.isfinite().all()


def test_centers_and_widths_and_back():
    segments = tensor((1, 4), (2, 2), (5, 3))
    assert to_boxes(segments).tolist() == [[2.5, 3], [2, 0], [4, -2]]
    assert torch.equal(to_segments(to_boxes(segments)), segments)
