"""Labels that are probably one class, and classes of one split only."""

import pytest

from mmtal.datasets.label_checks import check_labels, misspelt_labels, one_split_classes


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("jump", "jmup", True),
        ("jump", "jumpp", True),
        ("jump", "jmp", True),
        ("jump", "junp", True),
        ("Jump", "jump", True),
        ("run", "rnu", True),
        ("open door", "open_door", True),
        ("open door", "opne door", True),
        ("jump1", "jmup1", True),
        ("jump", "plunge", False),
        ("step 1", "step 2", False),
        ("c010", "c011", False),
        ("cut", "put", False),  # short words have neighbors that are words, too
        ("turn on", "turn in", False),
        ("zone A", "zone B", False),
        ("throw ice", "throw rice", False),
        ("W", "R", False),
    ],
)
def test_an_edit_apart(one: str, other: str, same: bool) -> None:
    labels = [("train", one), ("train", "walk"), ("test", other), ("Test", "walk")]
    assert bool(misspelt_labels(labels)) == same
    assert bool(misspelt_labels([(split, label[::-1]) for split, label in labels])) == same
    both = [*labels, ("train", other)]
    assert misspelt_labels(both) == []  # a split has both: they are two classes


def test_words_that_splits_share_are_words() -> None:
    labels = [("train", "press pasta"), ("test", "press paste")]
    assert misspelt_labels(labels)
    labels += [("test", "eat pasta"), ("train", "spread paste")]
    assert misspelt_labels(labels) == []


def test_the_rarer_one_is_asked_about() -> None:
    labels = [("train", "jump")] * 3 + [("test", "jmup"), ("validation", "jmup")]
    with pytest.raises(ValueError, match=r"a.json: labels are spelled in two ways: give") as caught:
        check_labels(labels, source="a.json")
    assert "'jmup' (2 x, only in 'test' and 'validation'): did you mean 'jump' (3 x" in str(
        caught.value
    )


def test_classes_of_one_split_in_a_line() -> None:
    labels = [("train", name) for name in "abcde"] + [("test", "a"), ("test", "x")]
    assert one_split_classes(labels) == (
        "classes of one split only: 4 of 'train' (b, c, d, ...); 1 of 'test' (x)"
    )
    assert one_split_classes(labels[:5]) == ""  # there is one split
    assert one_split_classes([("train", "a"), ("test", "a")]) == ""
