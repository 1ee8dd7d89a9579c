"""Detect subsets by file names."""

import re
from pathlib import Path

WORDS = {
    **dict.fromkeys(("train", "training"), "training"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def subset_in_name(path: Path) -> str | None:
    """The subset that a file name holds as a word, such as ``EPIC_100_train.csv``.

    None if it holds none, or several.
    """
    words = re.split(r"[^a-z]+", path.stem.lower())
    found = {WORDS[word] for word in words if word in WORDS}
    return found.pop() if len(found) == 1 else None
