"""Actions as pairs of a verb and a noun."""

import numpy as np
import pytest

from mmtal.results.fusion.join_actions import ActionSpace
from mmtal.results.instance_table import InstanceTable

SPACE = ActionSpace(("take", "put"), ("plate", "tap"), ((1, 0), (0, 1), (0, 0)))


def test_names_and_back() -> None:
    assert SPACE.names == ["put plate", "take tap", "take plate"]
    assert ActionSpace.from_names(SPACE.names, verbs=SPACE.verbs, nouns=SPACE.nouns) == SPACE
    assert SPACE.lookup.tolist() == [[2, 1], [0, -1]]


def test_names_with_spaces_in_them() -> None:
    space = ActionSpace.from_names(
        ["turn on tap", "turn tap"], verbs=["turn on", "turn"], nouns=["tap", "on"]
    )
    assert space.pairs == ((0, 0), (1, 0))


@pytest.mark.parametrize(
    ("name", "number"), [("take", 0), ("take pan", 0), ("wash tap", 0), ("a b c", 2)]
)
def test_names_that_are_no_pair_or_two(name: str, number: int) -> None:
    with pytest.raises(
        ValueError, match=f"such as 'take plate', but got '{name}', which fits {number}"
    ):
        ActionSpace.from_names([name], verbs=["take", "a", "a b"], nouns=["plate", "b c", "c"])


def test_verbs_and_nouns_of_actions() -> None:
    actions = InstanceTable.from_videos({"v": dict(segments=np.ones((3, 2)), labels=[0, 2, 1])})
    assert SPACE.as_verbs(actions).labels.tolist() == [1, 0, 0]
    assert SPACE.as_nouns(actions).labels.tolist() == [0, 0, 1]
    nothing = InstanceTable.from_videos({"v": dict(segments=[], labels=[])})
    assert len(SPACE.as_verbs(nothing)) == 0
