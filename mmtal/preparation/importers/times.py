"""Parse times: seconds, frames, milliseconds, or a clock."""

import math
import re
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dateutil.parser import isoparse

from mmtal.utils.reading import is_number

DATE = re.compile(r"\d{4}-?\d\d-?\d\d[T ]")
CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d*)?)")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")

LONGER, SHORTER = dict(minutes=60, hours=3600), dict(milliseconds=1000, microseconds=1_000_000)
"""Units of times: how many seconds they are, or how many of them are a second."""
DAY = 86_400
LONGEST = 1e7
"""Seconds, four months: a later time is a date, not a time within a recording."""


def to_seconds(
    text: str, *, unit: str | None, fps: float | None, origin: str | None = None
) -> float:
    """A time in seconds; frame f is at f / fps.

    Args:
        text: A number in ``unit``, or ``hh:mm:ss``, ``mm:ss``, each with decimals if wanted.
        unit: ``seconds`` (also None), ``frames``, or a key of ``LONGER`` or ``SHORTER``.
        fps: Frames per second, for frames.
        origin: When the recording began, in the same form; dates and times of day need it.

    ValueError: it is no such time; the message says why, without the place.
    """
    text = text.strip()
    if DATE.match(text):
        return _since(text, origin)
    clock = CLOCK.fullmatch(text)
    if clock is None:
        shift = to_number(origin) if origin is not None and NUMBER.fullmatch(origin) else 0.0
        return in_seconds(to_number(text) - shift, unit, fps)
    hours, minutes, seconds = (Decimal(part or 0) for part in clock.groups())
    if (minutes >= 60 and clock[1]) or seconds >= 60:
        raise ValueError(f"'{text}' has more than 59 minutes or seconds")
    time = float(3600 * hours + 60 * minutes + seconds)
    return time if origin is None else _since_day(text, time, origin)


def _since_day(text: str, time: float, origin: str) -> float:
    """Seconds between a time of day and that of the recording's start, perhaps over midnight."""
    start = isoparse(origin).strftime("%H:%M:%S.%f") if DATE.match(origin) else origin
    since = (time - to_seconds(start, unit=None, fps=None)) % DAY
    if since > DAY / 2:
        raise ValueError(f"'{text}' is before the recording's start, {origin}")
    return since


def _since(text: str, origin: str | None) -> float:
    """Seconds between a date with a time and the recording's start, both in ISO 8601."""
    if origin is None or not DATE.match(origin):
        raise ValueError(
            f"'{text}' is a date: when the recording began must be known, as a column "
            "recording_start of this table or of that of --durations, with the date"
        )
    try:
        moment, start = isoparse(text), isoparse(origin)
    except ValueError as error:
        raise ValueError(
            f"'{text}' or '{origin}' is no date and time in ISO 8601: {error}"
        ) from error
    if (moment.tzinfo is None) != (start.tzinfo is None):
        raise ValueError(f"only one of '{text}' and '{origin}' says its time zone")
    return (moment - start).total_seconds()


def in_seconds(time: Any, unit: str | None, fps: float | None) -> float:
    """A number in ``unit`` in seconds.

    ValueError: it is no finite number, or far too large; the message lacks the place.
    """
    if not is_number(time):
        raise ValueError(f"times must be numbers, but got {time!r:.60}")
    value: float = time
    if unit == "frames":
        if fps is None:
            raise ValueError("times are in frames, but the frame rate is not known: give --fps")
        value = time / fps
    elif unit is not None:
        value = time * LONGER.get(unit, 1) / SHORTER.get(unit, 1)
    if abs(value) > LONGEST:
        raise ValueError(
            f"'{time}' is no time within a recording: count from the recording's start, or give "
            "--unit"
        )
    return value


def to_positive(value: Any, *, name: str) -> float | None:
    """A duration or a frame rate, as a number or as text such as ``30000/1001``; None: not given.

    ValueError: it is no number > 0; the message lacks the place.
    """
    number = value
    if isinstance(value, str):
        if not value.strip():
            return None
        with suppress(ValueError, ZeroDivisionError, OverflowError):
            number = float(Fraction(value.strip()))
    if number is None:
        return None
    if not is_number(number) or number <= 0:
        raise ValueError(f"'{name}' must be a number > 0, but got {value!r:.60}")
    return float(number) if isinstance(value, str) else value


def to_number(text: str) -> float:
    """A finite number.

    ValueError: it is none; the message says why, without the place.
    """
    if NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if not text:
        raise ValueError("a time is missing")
    if re.fullmatch(r"[\d:]*\d,\d+", text):
        raise ValueError(f"'{text}' has a decimal comma: write {text.replace(',', '.')}")
    if text.count(":") == 3:
        raise ValueError(f"'{text}' counts frames after the seconds: write hh:mm:ss.fff instead")
    raise ValueError(f"'{text}' is no time: write seconds as 83.5, or 0:01:23.5")
