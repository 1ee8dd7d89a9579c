from collections.abc import Callable

import pytest
from importer_helpers import instances

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


@pytest.mark.parametrize(
    ("end", "options", "message"),
    [
        (9000, dict(fps=30), "look like ms, .*lasts 10 s, .*ends at 9000. Give --unit ms"),
        (280, dict(fps=30), "look like frames, .*Give --unit frames and --fps"),
        (280, {}, "look like frames"),
        (12, dict(fps=30), "segment outside"),  # in no unit
    ],
)
def test_times_in_another_unit(
    load: Callable, write: Callable, end: int, options: dict, message: str
) -> None:
    entry = dict(subset="training", duration=10.0)
    entry["annotations"] = [dict(label="run", segment=[end / 2, end])]
    path = write("a.json", {"database": {"a": entry}})
    with pytest.raises(ValueError, match=message):
        load(path, **options)
    if "Give" in message:
        unit = "ms" if "ms" in message else "frames"
        start = dict(ms=4.5, frames=140 / 30)[unit]
        assert instances(load(path, unit=unit, **options), "a")[0][1] == start


def test_units_of_formats_that_have_their_own(load: Callable, write: Callable) -> None:
    """The advice is not one that would be ignored, nor is what is given."""
    path = write("a.txt", "4500.0\t9000.0\trun\n")
    durations = write("d.csv", "recording,duration\na,10\n")
    with pytest.raises(ValueError, match=r"look like ms.*Audacity.* correct the times in the file"):
        load(path, durations=durations)
    with pytest.raises(ValueError, match=r"--unit does not go with Audacity.*leave it out"):
        load(path, durations=durations, unit="ms")
