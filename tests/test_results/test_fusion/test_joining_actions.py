"""Actions from verbs and nouns, by hand."""

import numpy as np
import pytest

from mmtal.results.fusion.join_actions import ActionSpace, JoinSettings, join_actions
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
    ],
)
def test_bad_settings(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        JoinSettings(**settings)
