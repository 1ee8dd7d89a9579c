"""Parse times: seconds, frames, milliseconds, or a clock."""

import math
import re
from decimal import Decimal

CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d*)?)")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")

LONGEST = 1e7
"""Seconds, four months: a later time is a date, not a time within a recording."""


def to_seconds(text: str, *, unit: str | None, fps: float | None) -> float:
    """A time in seconds; frame f is at f / fps.

    Args:
        text: A number in ``unit``, or ``hh:mm:ss``, ``mm:ss``, each with decimals if wanted.
        unit: ``seconds`` (also None), ``frames`` or ``milliseconds``.
        fps: Frames per second, for frames.

    Raises:
        ValueError: It is no such time; the message says why, without the place.
    """
    text = text.strip()
    clock = CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (Decimal(part or 0) for part in clock.groups())
        if (minutes >= 60 and clock[1]) or seconds >= 60:
            raise ValueError(f"'{text}' has more than 59 minutes or seconds")
        return float(3600 * hours + 60 * minutes + seconds)
    value = to_number(text)
    if unit == "frames":
        if fps is None:
            raise ValueError("times are in frames, but the frame rate is not known: give --fps")
        value = value / fps
    elif unit == "milliseconds":
        value = value / 1000
    if abs(value) > LONGEST:
        raise ValueError(
            f"'{text}' is no time within a recording: count from the recording's start, or give "
            "--unit"
        )
    return value


def to_number(text: str) -> float:
    """A finite number.

    Raises:
        ValueError: It is none; the message says why, without the place.
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
