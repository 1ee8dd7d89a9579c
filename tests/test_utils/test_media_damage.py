"""What is damaged is left out, and only that."""

from math import nan

import pytest

from mmtal.utils.media_damage import rising


@pytest.mark.parametrize(
    ("why", "times", "kept", "number"),
    [
        ("nothing is damaged", [0, 1, 2, 9], [0, 1, 2, 9], 0),
        ("one far beyond", [0, 1, 9e4, 3, 4], [0, 1, 3, 4], 1),
        ("one far before", [0, 1, -9e4, 3, 4], [0, 1, 3, 4], 1),
        ("one of the past", [0, 1, 2, 0.5, 3, 4], [0, 1, 2, 3, 4], 1),
        ("the last", [0, 1, 2, 1], [0, 1, 2], 1),
        ("the same once more is no damage", [0, 1, 1, 2, 2], [0, 1, 2], 0),
        ("without a time", [0, nan, nan, 2], [0, nan, nan, 2], 0),
        ("nothing", [], [], 0),
    ],
)
def test_times_rise(why: str, times: list[float], kept: list[float], number: int) -> None:
    damaged: list[float] = []
    found = [time for time, _ in rising(((float(time), None) for time in times), damaged)]
    assert found == pytest.approx(kept, nan_ok=True)
    assert len(damaged) == number
