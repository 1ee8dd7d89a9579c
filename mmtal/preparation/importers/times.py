"""Parse times: seconds, frames, milliseconds, or a clock."""

import math
import re
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mmtal.preparation.importers.values import is_number

CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d*)?)")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")

LONGEST = 1e7
"""Seconds, four months: a later time is a date, not a time within a recording."""


def to_seconds(text: str, *, unit: str | None, fps: float | None) -> float:
    """A time in seconds; frame f is at f / fps.

    It is a number in ``unit`` (None: ``seconds``), or ``hh:mm:ss``, ``mm:ss``, each with decimals
    if wanted. ValueError says why it is none, without the place.
    """
    text = text.strip()
    clock = CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (Decimal(part or 0) for part in clock.groups())
        if (minutes >= 60 and clock[1]) or seconds >= 60:
            raise ValueError(f"'{text}' has more than 59 minutes or seconds")
        return float(3600 * hours + 60 * minutes + seconds)
    return in_seconds(to_number(text), unit, fps)


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
    elif unit == "milliseconds":
        value = time / 1000
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
    """A finite number; ValueError: it is none; the message says why, without the place."""
    if NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if not text:
        raise ValueError("a time is missing")
    if re.fullmatch(r"[\d:]*\d,\d+", text):
        raise ValueError(f"'{text}' has a decimal comma: write {text.replace(',', '.')}")
    if text.count(":") == 3:
        raise ValueError(f"'{text}' counts frames after the seconds: write hh:mm:ss.fff instead")
    raise ValueError(f"'{text}' is no time: write seconds as 83.5, or 0:01:23.5")
