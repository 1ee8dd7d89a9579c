"""Dates of tables as ISO 8601."""

import pytest

from mmtal.utils.dates import iso_dates


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2024/03/01 12:00:00", "2024.3.1 9:05"], ["2024-03-01T12:00:00", "2024-03-01T09:05:00"]),
        (["01.03.2024 12:00", "1.3.24, 12:00"], ["2024-03-01T12:00:00"] * 2),  # the day first
        (
            ["3/1/2024 1:05 PM", "3/1/2024 12:05 a.m."],
            ["2024-03-01T13:05:00", "2024-03-01T00:05:00"],
        ),
        (["3/1/2024 13:05", "31/1/2024 13:05"], ["2024-01-03T13:05:00", "2024-01-31T13:05:00"]),
        (["3-1-2024 13:05", "1-31-2024 13:05"], ["2024-03-01T13:05:00", "2024-01-31T13:05:00"]),
        (["Mar 1, 2024 1:05 PM", "Fri, 1 March 2024 13:05"], ["2024-03-01T13:05:00"] * 2),
        (["01-Mar-2024 13:05:07.5"], ["2024-03-01T13:05:07.500000"]),
        (["2024/03/01 13:05:07,25 +02:00"], ["2024-03-01T13:05:07.250000+02:00"]),
        (["1:05:30 PM"], ["13:05:30"]),
    ],
)
def test_other_forms_are_read(texts: list[str], expected: list[str]) -> None:
    assert list(iso_dates(texts).values()) == expected


def test_what_is_no_date_is_left_alone() -> None:
    assert iso_dates(["83.5", "0:01:23.5", "14:03:05", "20240301T120000Z", "run", ""]) == {}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            ["3/1/2024 13:05", "3/2/2024 13:05"],
            "'3/1/2024 13:05' may begin with the day or",
        ),
        (["13/3/2024 1:05", "3/13/2024 1:05"], "'13/3/2024 1:05' begins with the day, '3/13/2024"),
        (["32.03.2024 12:00"], "'32.03.2024 12:00' is no date: day is out of range"),
        (["3/1/2024 13:05 PM"], "is no time of day"),
        (["2024/03/01 25:00"], "is no time of day: hour must be in 0..23"),
        (["31 Foo 2024 12:00"], "'31 Foo 2024 12:00' is no date"),
    ],
)
def test_what_is_unclear_or_wrong_is_refused(texts: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        iso_dates(texts)
