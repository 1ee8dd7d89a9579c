import pytest
import torch

from mmtal.ops import segment_nms, vote_segments
from mmtal.runtime import voting


def test_weighs_neighbors_by_score_and_tiou() -> None:
    segments = torch.tensor([[0.0, 10.0], [0.0, 8.0], [0.0, 5.0], [20.0, 30.0]])
    scores = torch.tensor([0.8, 0.5, 0.9, 1.0])  # tIoU with the first: 1, 0.8, 0.5, 0
    voted = vote_segments(segments[:1], segments, scores, 0.8)
    end = (0.8 * 10 + 0.5 * 0.8 * 8) / (0.8 + 0.5 * 0.8)
    torch.testing.assert_close(voted, torch.tensor([[0.0, end]]))


def test_weighs_neighbors_by_score_alone() -> None:
    segments = torch.tensor([[0.0, 10], [1, 11], [50, 60]])
    scores = torch.tensor([0.75, 0.25, 0.9])
    voted = vote_segments(segments[:1], segments, scores, 0.5, weight="score")
    assert voted.tolist() == [[0.25, 10.25]]


@pytest.mark.parametrize(
    ("segments", "scores"),
    [
        pytest.param([[3.0, 3.0], [3.0, 3.0]], [0.5, 0.4], id="empty: tIoU 0 even with itself"),
        pytest.param([[0.0, 1.0], [5.0, 6.0]], [0.0, 0.0], id="all scores 0"),
    ],
)
def test_stays_without_any_weight(segments: list, scores: list) -> None:
    kept = torch.tensor(segments)
    assert torch.equal(vote_segments(kept, kept, torch.tensor(scores), 0.5), kept)


def test_zero_segments() -> None:
    none = torch.zeros(0, 2)
    assert vote_segments(none, none, torch.zeros(0), 0.5).shape == (0, 2)
    assert vote_segments(none, torch.rand(3, 2).cumsum(1), torch.rand(3), 0.5).shape == (0, 2)


def test_does_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    segments = torch.rand(50, 2, generator=torch.Generator().manual_seed(0)).cumsum(1)
    scores = segments[:, 0]
    whole = vote_segments(segments, segments, scores, 0.3)
    monkeypatch.setattr(voting, "PAIRS_AT_ONCE", 120)  # two rows at once
    torch.testing.assert_close(vote_segments(segments, segments, scores, 0.3), whole)


def test_keeps_its_digits_under_autocast() -> None:
    segments = torch.tensor([[5000.0, 5010.0], [5000.3, 5010.3]])
    scores = torch.tensor([0.8, 0.8])
    plain = vote_segments(segments, segments, scores, 0.5)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(vote_segments(segments, segments, scores, 0.5), plain)


def test_neighbors_vote_with_their_scores_before_nms() -> None:
    segments = torch.tensor([[0.0, 10.0], [0.0, 9.0]])
    kept, scores, _ = segment_nms(
        segments,
        torch.tensor([0.8, 0.6]),
        torch.tensor([0, 1]),
        method="hard",
        tiou_thr=0.5,
        min_score=0.7,  # the second is no candidate, but votes
        max_per_video=10,
        class_agnostic=True,
        voting_thr=0.9,
    )
    end = (0.8 * 10 + 0.6 * 0.9 * 9) / (0.8 + 0.6 * 0.9)
    torch.testing.assert_close(kept, torch.tensor([[0.0, end]]))
    torch.testing.assert_close(scores, torch.tensor([0.8]))
