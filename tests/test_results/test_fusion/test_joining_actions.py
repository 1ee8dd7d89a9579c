"""Actions from verbs and nouns, by hand."""

from typing import Any

import numpy as np
import pytest

from mmtal.results.fusion.join_actions import ActionSpace, Boundaries, JoinSettings, join_actions
from mmtal.results.instance_table import InstanceTable

SPACE = ActionSpace(("take", "put"), ("plate", "tap"), ((1, 0), (0, 1), (0, 0)))


def table(**videos: list[tuple]) -> InstanceTable:
    """Rows are start, end, label, score."""
    return InstanceTable.from_videos(
        {
            name: dict(
                segments=[row[:2] for row in rows],
                labels=[row[2] for row in rows],
                scores=[row[3] for row in rows],
            )
            for name, rows in videos.items()
        }
    )


VERBS = table(v=[(0, 10, 0, 0.81), (0, 10, 1, 0.36), (50, 60, 0, 0.5)], w=[(0, 1, 0, 0.9)])
NOUNS = table(v=[(2, 10, 0, 0.64), (0, 4, 1, 0.9)], w=[])


def test_pairs_that_overlap_enough_and_exist() -> None:
    found = join_actions(VERBS, NOUNS, SPACE, JoinSettings(min_tiou=0.5))
    assert found.video_ids == ("v", "w") and (found.video == 0).all()
    # take 0-10 and plate 2-10 have tIoU 0.8; put plate is an action, too; tap overlaps by 0.4
    assert [SPACE.names[label] for label in found.labels] == ["take plate", "put plate"]
    assert found.segments.tolist() == [[1, 10], [1, 10]]
    expected = [0.72, 0.48]  # roots of 0.81 * 0.64 and 0.36 * 0.64
    np.testing.assert_allclose(found.scores, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        # "put tap" is no action
        (dict(min_tiou=0.4), ["take plate", "put plate", "take tap"]),
        ({}, ["take plate", "put plate", "take tap"]),
        (dict(min_tiou=0.81), []),
        (dict(max_pairs=1), ["take tap"]),
        (dict(max_per_video=1), ["take tap"]),
    ],
)
def test_settings(settings: dict, names: list[str]) -> None:
    found = join_actions(VERBS, NOUNS, SPACE, JoinSettings(**settings))
    assert sorted(SPACE.names[label] for label in found.labels) == sorted(names)


def test_the_same_action_twice_loses_score() -> None:
    verbs = table(v=[(0, 10, 0, 1.0), (0, 9, 0, 0.81)])
    nouns = table(v=[(0, 10, 0, 1.0)])
    found = join_actions(verbs, nouns, SPACE, JoinSettings(sigma=0.4))
    assert found.segments.tolist() == [[0, 10], [0, 9.5]]
    expected = [1, 0.9 * np.exp(-(0.95**2) / 0.4)]
    np.testing.assert_allclose(found.scores, expected, rtol=1e-5)
    found = join_actions(verbs, nouns, SPACE, JoinSettings(sigma=0.4, min_score=0.1))
    assert found.segments.tolist() == [[0, 10]]


def test_boundaries_weighted_by_confidence() -> None:
    verbs, nouns = (
        table(v=[(0, 10, 0, 0.6)], w=[(0, 10, 0, 0)]),
        table(v=[(4, 12, 0, 0.2)], w=[(4, 12, 0, 0)]),
    )
    found = join_actions(verbs, nouns, SPACE, JoinSettings(boundaries="confidence", min_score=0))
    # three parts of the verb, one of the noun; where nobody is sure, the middle
    np.testing.assert_allclose(found.segments, [[1, 10.5], [2, 11]], rtol=1e-6)


@pytest.mark.parametrize("exponent", [1, 0])
def test_weights_against_errors_with_a_known_law(exponent: int) -> None:
    """4,000 actions of 10 s; the variance of a boundary is 0.1 s² / score ** exponent.

    Independent errors of variances a and b have, in a mean with shares w and 1 - w, the variance
    w² a + (1 - w)² b. Where a score says how sure a boundary is, its share is the best there is;
    where it says nothing, the plain mean is.
    """
    rng = np.random.default_rng(0)
    truth = np.arange(4000)[:, None] * 100.0 + [0, 10]
    scores = rng.uniform(0.1, 1, (2, 4000)).astype(np.float32)
    variance = 0.1 / scores.astype(float) ** exponent
    verbs, nouns = (
        table(v=[(*segment, 0, score) for segment, score in zip(noisy, own, strict=True)])
        for noisy, own in zip(
            truth + rng.normal(size=(2, 4000, 2)) * np.sqrt(variance)[..., None],
            scores,
            strict=True,
        )
    )
    measured = {}
    shares: dict[Boundaries, Any] = dict(mean=0.5, confidence=scores[0] / scores.sum(0))
    for rule, share in shares.items():
        settings = JoinSettings(min_tiou=0.01, max_per_video=4000, boundaries=rule)
        found = join_actions(verbs, nouns, SPACE, settings).segments
        assert len(found) == 4000
        measured[rule] = np.mean((found[found[:, 0].argsort()] - truth) ** 2)
        expected = np.mean(share**2 * variance[0] + (1 - share) ** 2 * variance[1])
        assert measured[rule] == pytest.approx(expected, rel=0.05)
    gain = measured["confidence"] / measured["mean"]
    assert gain < 0.85 if exponent else gain > 1.1


@pytest.mark.parametrize(
    ("verbs", "nouns"), [([], [(0, 1, 0, 0.5)]), ([(0, 1, 0, 0.5)], []), ([], [])]
)
def test_nothing_to_pair(verbs: list, nouns: list) -> None:
    found = join_actions(table(v=verbs), table(v=nouns), SPACE)
    assert found.video_ids == ("v",) and len(found) == 0


def test_segments_without_length_pair_with_nothing() -> None:
    found = join_actions(table(v=[(3, 3, 0, 0.5)]), table(v=[(3, 3, 0, 0.5)]), SPACE)
    assert len(found) == 0


def test_recordings_are_matched_by_name() -> None:
    verbs = table(a=[(0, 10, 0, 0.25)], b=[(0, 10, 0, 1.0)])
    nouns = table(b=[(0, 10, 1, 1.0)], a=[(0, 10, 0, 1.0)])
    found = join_actions(verbs, nouns, SPACE)
    assert [SPACE.names[label] for label in found.labels] == ["take plate", "take tap"]
    assert found.scores.tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("verbs", "nouns", "message"),
    [
        (table(v=[]), table(w=[]), "same recordings, but 2 are only in one of both, such as 'v'"),
        (table(v=[(0, 1, 2, 0.5)]), table(v=[]), "labels of verbs must be 0 to 1, but got 2 to 2"),
        (table(v=[]), table(v=[(0, 1, 0, -1)]), "scores of nouns must be >= 0, but got -1"),
    ],
)
def test_lists_that_do_not_fit(verbs: InstanceTable, nouns: InstanceTable, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        join_actions(verbs, nouns, SPACE)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(min_tiou=0), r"min_tiou must be in \(0, 1\], but got 0"),
        (dict(max_pairs=0), "max_pairs must be >= 1"),
        (dict(max_per_video=0), "max_per_video must be >= 1"),
        (dict(boundaries="best"), "boundaries must be mean or confidence, but got 'best'"),
    ],
)
def test_bad_settings(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        JoinSettings(**settings)
