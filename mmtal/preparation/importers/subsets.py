"""Detect subsets by file names."""

import re
from pathlib import Path

WORDS = {
    **dict.fromkeys(("train", "training"), "training"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def subset_of_word(word: str) -> str | None:
    """The usual name of a subset: ``train`` is ``training``; None: it is another."""
    return WORDS.get(word.lower())


def subset_in_name(path: Path) -> str | None:
    """The subset that a file name holds as a word, such as ``EPIC_100_train.csv``.

    None if it holds none, or several.
    """
    words = re.split(r"[^a-z]+", path.stem.lower())
    found = {subset for word in words if (subset := subset_of_word(word))}
    return found.pop() if len(found) == 1 else None
