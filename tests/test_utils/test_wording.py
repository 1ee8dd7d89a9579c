"""Words for numbers."""

import pytest

from mmtal.utils.wording import counted, repeated


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "recording", "0 recordings"),
        (1, "recording", "1 recording"),
        (2, "class", "2 classes"),
        (1, "class", "1 class"),
        (24244, "detection", "24,244 detections"),
    ],
)
def test_counted(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text


def test_repeated_names() -> None:
    assert repeated(["b", "a", "c", "a", "b", "b"]) == ["b", "a"]
    assert repeated([f"{k}" for k in range(300_000)]) == [], "not by comparing all with all"
