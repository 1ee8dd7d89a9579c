"""Verb, noun and action mAP of one list."""

import pytest

from mmtal.evaluation.action_scores import action_scores
from mmtal.results.fusion.join_actions import ActionSpace
from mmtal.results.instance_table import InstanceTable

VERBS, NOUNS = (tuple(f"{k}_{i}" for i in range(n)) for k, n in (("verb", 97), ("noun", 300)))
SPACE = ActionSpace(VERBS, NOUNS, ((3, 5), (3, 7), (4, 5), (96, 299)))
VIDEO = "P01_11"  # of the validation set


def table(rows: list[tuple]) -> InstanceTable:
    """Rows are start, end, action, score."""
    return InstanceTable.from_videos(
        {
            VIDEO: dict(
                segments=[row[:2] for row in rows],
                labels=[row[2] for row in rows],
                scores=[row[3] for row in rows],
            )
        }
    )


TRUTH = table([(0, 10, 0, 1), (20, 30, 2, 1)])


@pytest.mark.parametrize(
    ("rows", "verb", "noun", "action"),
    [
        ([(0, 10, 0, 0.9), (20, 30, 2, 0.8)], 1, 1, 1),
        # the wrong noun first: noun 7 occurs nowhere, and verb 3 is found by it; that the second
        # one names verb 3 again costs nothing, since all of verb 3 is found already
        ([(0, 10, 1, 0.9), (0, 10, 0, 0.8), (20, 30, 2, 0.7)], 1, 1, 1),
        # the wrong verb first: half the precision of verb 4, and of action 4; both instances of
        # noun 5 are found, at ranks 1 and 3
        ([(0, 10, 2, 0.9), (0, 10, 0, 0.8), (20, 30, 2, 0.7)], 0.75, 1 / 2 + 1 / 2 * 2 / 3, 0.75),
        # an action whose verb, noun and pair occur nowhere is ignored
        ([(0, 10, 3, 0.9), (0, 10, 0, 0.8), (20, 30, 2, 0.7)], 1, 1, 1),
        ([], 0, 0, 0),
    ],
)
def test_by_hand(rows: list[tuple], verb: float, noun: float, action: float) -> None:
    scores = action_scores(TRUTH, table(rows), SPACE, partial=True)
    assert {part: figures["protocol"] for part, figures in scores.items()} == {
        part: f"epic100/{part}-challenge" for part in ("verb", "noun", "action")
    }
    actual = [scores[part]["metrics"]["mAP"] for part in ("verb", "noun", "action")]
    assert actual == pytest.approx([verb, noun, action])


def test_no_such_variant() -> None:
    with pytest.raises(ValueError, match="no protocol 'epic100/verb-mine'"):
        action_scores(TRUTH, TRUTH, SPACE, protocol="mine", partial=True)
