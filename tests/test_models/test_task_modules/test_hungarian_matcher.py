"""Queries are matched to instances as a whole."""

import pytest
import torch

from mmtal.models import HungarianMatcher
from mmtal.structures import to_boxes

SEGMENTS = torch.tensor([[0.1, 0.3], [0.5, 0.9]])
LABELS = torch.tensor([1, 0])


def match(segments, logits=None, **weights: float) -> list[list[int]]:
    boxes = to_boxes(torch.tensor(segments))
    logits = torch.zeros(len(boxes), 2) if logits is None else torch.tensor(logits)
    found = HungarianMatcher(**weights)(logits, boxes, SEGMENTS, LABELS)
    return [x.tolist() for x in found]


@pytest.mark.parametrize(
    ("segments", "logits", "expected", "why"),
    [
        ([[0.5, 0.9], [0.1, 0.3]], None, [[0, 1], [1, 0]], "by their segments"),
        ([[0.4, 0.6]] * 2, [[4.0, -4], [-4, 4.0]], [[0, 1], [1, 0]], "by their classes"),
        # the first is nearer to both, but then the second would have to take the far one
        ([[0.1, 0.5], [0.0, 0.1]], None, [[0, 1], [1, 0]], "so that the sum is least"),
        ([[0.1, 0.3]], None, [[0], [0]], "fewer queries than instances"),
        ([[0.0, 0.1]] * 3 + [[0.5, 0.9]], None, [[0, 3], [0, 1]], "queries left over"),
    ],
)
def test_matching(segments, logits, expected, why) -> None:
    assert match(segments, logits) == expected, why


def test_nothing_to_match() -> None:
    none = HungarianMatcher()(torch.zeros(3, 2), torch.rand(3, 2), SEGMENTS[:0], LABELS[:0])
    assert [x.tolist() for x in none] == [[], []]


def test_of_a_diverged_model_some_matching() -> None:
    nan = float("nan")
    queries, instances = match([[nan, nan]] * 2, [[nan, nan]] * 2)
    assert sorted(queries) == sorted(instances) == [0, 1]
