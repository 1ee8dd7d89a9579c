"""NMS for recall: what overlaps little keeps its score, as in OpenTAD's method 3."""

import math

import numpy as np
import pytest
import torch

from projects.bmn.bmn.late_nms import late_soft_nms

RULE = dict(tiou_thr=0.5, growth=0.4, sigma=0.4, min_score=0.0)


def one_by_one(segments: np.ndarray, scores: np.ndarray, number: int) -> list[tuple[int, float]]:
    """The same by its definition."""
    left, found = dict(enumerate(scores.tolist())), []
    while left and len(found) < number:
        best = max(left, key=lambda i: left[i])
        found.append((best, left.pop(best)))
        a, b = segments[best]
        for i in left:
            c, d = segments[i]
            overlap = max(0.0, min(b, d) - max(a, c))
            tiou = overlap / (b - a + d - c - overlap)
            if tiou >= 0.5 + 0.4 * (b - a):
                left[i] *= math.exp(-tiou * tiou / 0.4)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_its_definition_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    start = random.uniform(0, 0.9, 60)
    segments = np.stack([start, np.minimum(start + random.uniform(0.02, 0.6, 60), 1)], 1)
    scores = random.uniform(0.01, 1, 60)
    expected = one_by_one(segments, scores, 40)
    kept, kept_scores = late_soft_nms(
        torch.from_numpy(segments), torch.from_numpy(scores), number=40, **RULE
    )
    assert kept.tolist() == [index for index, _ in expected]
    np.testing.assert_allclose(
        kept_scores, [score for _, score in expected], rtol=2e-4
    )  # lengths are 1e-6 longer


@pytest.mark.parametrize(
    ("other", "score", "why"),
    [
        ([0.0, 0.55], 0.8, "tIoU 0.55: below 0.5 + 0.4 x 1"),
        ([0.0, 0.95], 0.8 * math.exp(-(0.95**2) / 0.4), "above it"),
    ],
)
def test_long_ones_lower_only_what_is_nearly_the_same(
    other: list[float], score: float, why: str
) -> None:
    segments = torch.tensor([[0.0, 1.0], other])
    kept, scores = late_soft_nms(segments, torch.tensor([0.9, 0.8]), number=5, **RULE)
    assert kept.tolist() == [0, 1] and scores[1].item() == pytest.approx(score, rel=1e-4), why


def test_nothing_and_too_little() -> None:
    kept, scores = late_soft_nms(torch.zeros(0, 2), torch.zeros(0), number=5, **RULE)
    assert len(kept) == len(scores) == 0
    segments = torch.tensor([[0.0, 0.2], [0.0, 0.2], [0.5, 0.7]])
    scores = torch.tensor([0.9, 0.1, 0.3])
    rule = dict(RULE, min_score=0.05)
    assert late_soft_nms(segments, scores, number=5, **rule)[0].tolist() == [0, 2]
