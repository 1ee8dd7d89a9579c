import pytest

from mmtal.preparation.importers.times import to_number, to_seconds


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("83.5", None, 83.5),
        (" 83.5 ", "seconds", 83.5),
        ("1e1", None, 10.0),
        (".5", None, 0.5),
        ("-0.25", None, -0.25),  # outside, but a time; the check of segments says so
        ("75", "frames", 3.0),
        ("1500", "milliseconds", 1.5),
        ("00:01:23.5", None, 83.5),
        ("1:00:00", None, 3600.0),
        ("01:23", None, 83.0),  # minutes and seconds
        ("90:00", None, 5400.0),
        ("00:00:00.1", None, 0.1),  # the nearest float, not 0.1 plus rounding
        ("00:01:23.5", "frames", 83.5),  # a clock is a clock
    ],
)
def test_seconds(text: str, unit: str | None, seconds: float) -> None:
    assert to_seconds(text, unit=unit, fps=25) == seconds


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        ("1,5", None, "has a decimal comma: write 1.5"),
        ("00:01:23,5", None, "decimal comma: write 00:01:23.5"),
        ("00:01:23:12", None, "counts frames"),
        ("1:75:00", None, "more than 59"),
        ("0:75", None, "more than 59"),
        ("", None, "a time is missing"),
        ("soon", None, "'soon' is no time"),
        ("nan", None, "'nan' is no time"),
        ("inf", None, "'inf' is no time"),
        ("1e999", None, "no time"),
        ("1592250751951.8", None, "no time within a recording"),  # a date, in milliseconds
    ],
)
def test_what_is_no_time(text: str, unit: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_seconds(text, unit=unit, fps=25)


def test_frames_need_a_rate() -> None:
    with pytest.raises(ValueError, match="--fps"):
        to_seconds("75", unit="frames", fps=None)


def test_number() -> None:
    assert to_number("7") == 7
