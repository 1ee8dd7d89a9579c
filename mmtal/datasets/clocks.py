"""Columns of times: their units, their order, their rate.

N rows.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from dateutil.parser import isoparse

from mmtal.utils.dates import iso_dates
from mmtal.utils.wording import counted

UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "usec", "micros", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nsec", "nanos", "nanoseconds"), 1e-9),
}
CLOCKS = {
    "time", "times", "timestamp", "timestamps", "t", "ts", "datetime", "date", "epoch", "unix",
    "unixtime", "unixtimestamp", "epochtime", "elapsed", "elapsedtime", "timeelapsed", "utc",
    "utctime", "timeutc", "timestamputc", "localtime", "systemtime", "sensortime", "devicetime",
    "loggingtime", "sampletime", "recordingtime", "clock",
}  # fmt: skip
PLAUSIBLE = 1.25, 800.0
"""Samples per second by which the unit of whole times is told: one unit at most has such a rate."""
DAY = 86400
DATE = re.compile(r"\d{4}-\d\d-\d\d")
HOURS = re.compile(r"\d+:\d\d:\d\d([.,]\d+)?")
"""A time of day."""


def is_clock(name: str) -> bool:
    """Whether a column's name says that it holds times."""
    words = re.findall(r"[a-zµμ]+", name.lower())
    rest = "".join(word for word in words if word not in UNITS)
    return rest in CLOCKS or (not rest and any(len(word) > 1 for word in words))


def joined_moments(columns: Mapping[str, np.ndarray], clocks: Sequence[str]) -> np.ndarray:
    """The times (N,) of a table: of the first clock; of a date and a time of day, both."""
    texts = [columns[name] for name in clocks if columns[name].dtype == object]
    for dates in texts:
        for hours in texts:
            if all(map(DATE.fullmatch, dates)) and all(map(HOURS.fullmatch, hours)):
                pairs = zip(dates, hours, strict=True)
                return np.array([f"{d}T{h.replace(',', '.'):0>8}" for d, h in pairs], dtype=object)
    return columns[clocks[0]]


def seconds_of(
    path: Path, name: str, column: np.ndarray, *, unit: str | float | None, rate: float | None
) -> np.ndarray:
    """Times in seconds, (N,).

    Args:
        path: The file, for messages.
        name: The column's name, which may end in a unit.
        column: Numbers, or moments: NumPy's, texts in ISO 8601 (UTC if they name no zone), times of
            day.
        unit: Of numbers, see ``UNITS``, or the seconds of one step; None: by the name, else by the
            values, as epochs or by the rate that results.
        rate: Samples per second, if that is known.

    Raises:
        ValueError: A time is missing or cannot be read, or its unit is not clear.
    """
    if column.dtype == object:
        return _moments(path, name, column)
    if column.dtype.kind in "Mm":
        return column.astype(f"{column.dtype.kind}8[ns]").astype(np.int64) / 1e9
    missing = np.flatnonzero(~np.isfinite(column))
    if len(missing):
        raise ValueError(f"{path}: sample {missing[0]} must have a time in column '{name}'")
    words = re.findall(r"[a-zµμ]+", name.lower())
    if isinstance(unit, str) and unit not in UNITS:
        raise ValueError(f"{path}: unit of '{name}' must be s, ms, us or ns, but got '{unit}'")
    named = next((UNITS[word] for word in reversed(words) if word in UNITS), None)
    factor = UNITS[unit] if isinstance(unit, str) else named if unit is None else unit
    if factor is not None and not factor > 0:
        raise ValueError(f"{path}: unit of '{name}' must be seconds > 0, but got {factor!r}")
    if column.min() >= 0 and 65000 < column.max() < 1 << 16 and (column % 1 == 0).all():
        column = np.unwrap(column, period=1 << 16)  # counters of packets
    return column * (factor or _unit_of(path, name, column, rate))


def _unit_of(path: Path, name: str, column: np.ndarray, rate: float | None) -> float:
    """The unit of times that do not name it."""
    candidates = (1.0, 1e-3, 1e-6, 1e-9)
    middle = float(np.median(column))
    for unit in candidates:
        if 3e8 < middle * unit < 1e10:  # 1979 to 2286
            return unit
    steps = np.diff(np.unique(column))
    if len(steps) < 0.6 * len(column):  # a coarse clock
        steps = np.array([np.ptp(column) / len(column)])
    step = float(np.median(steps))
    if not step:
        raise ValueError(f"{path}: times in column '{name}' must rise, but are all {middle:g}")
    if rate:
        return min(candidates, key=lambda unit: abs(np.log(step * unit * rate)))
    most = PLAUSIBLE[1] if (column % 1 == 0).all() else np.inf
    for unit in candidates:
        if PLAUSIBLE[0] <= 1 / (step * unit) < most:
            return unit
    raise ValueError(
        f"{path}: column '{name}' goes by {step:g}, in an unknown unit: name it '{name}_s' or "
        f"'{name}_ms', or write 'unit: s' into tables.yaml beside it (or the seconds of one step)"
    )


def _moments(path: Path, name: str, column: np.ndarray) -> np.ndarray:
    try:
        iso = iso_dates([text for text in column if isinstance(text, str)])
        found = np.array([_moment(iso.get(text, text)) for text in column])
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"{path}: column '{name}' must hold times, but {error}") from error
    steps = np.diff(found)
    over = np.flatnonzero(steps < -DAY / 2)
    if found.max(initial=0) <= DAY and len(over):  # times of day, over midnight
        found[1:] += DAY * np.cumsum(steps < -DAY / 2)
    return found


def _moment(text: str) -> float:
    if re.fullmatch(r"\d+:\d\d(:\d\d([.,]\d+)?)?", text):
        hours, minutes, *seconds = text.replace(",", ".").split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds[0] if seconds else 0)
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        moment = isoparse(text.replace(" ", "T", 1))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp()


def sorted_times(
    path: Path, times: np.ndarray, values: np.ndarray, *, max_gap: float
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Rising times with their values (N, C), and what was done for that.

    Rows of one time are averaged; where most times come more than once, clocks are coarse, and
    their rows are spread.

    Raises:
        ValueError: A time is more than ``max_gap`` seconds before the one above it.
    """
    notes: list[str] = []
    back = np.diff(times, prepend=times[:1])
    if back.min() < -max_gap:
        row = int(np.argmin(back))
        raise ValueError(
            f"{path}: sample {row} is {-back[row]:g} s before the sample above it: the clock was "
            "reset. Cut the table there, or sort it if it is only out of order"
        )
    if back.min() < 0:
        notes.append(f"{counted(int((back < 0).sum()), 'row')} out of order: sorted")
        order = np.argsort(times, kind="stable")
        times, values = times[order], values[order]
    unique, first, counts = np.unique(times, return_index=True, return_counts=True)
    if len(unique) < 2:
        raise ValueError(f"{path}: must have samples at two times or more, but has {len(unique)}")
    if len(unique) == len(times):
        return times, values, notes
    if len(unique) < 0.6 * len(times):
        notes.append(f"{len(times)} samples at {len(unique)} times: spread evenly")
        usual = float(np.median(np.diff(unique)))
        width = np.minimum(np.diff(unique, append=unique[-1] + usual), usual)
        within = (np.arange(len(times)) - np.repeat(first, counts)) / np.repeat(counts, counts)
        return times + within * np.repeat(width, counts), values, notes
    notes.append(f"{counted(len(times) - len(unique), 'row')} with the time of another: averaged")
    known = np.isfinite(values)
    number = np.add.reduceat(known, first, axis=0, dtype=float)
    total = np.add.reduceat(np.where(known, values, 0), first, axis=0)
    with np.errstate(invalid="ignore"):
        return unique, total / np.where(number, number, np.nan), notes


def nominal_rate(times: np.ndarray) -> float:
    """Samples per second of a clock with jitter and losses; a whole number if it is near one."""
    steps = np.diff(times)
    usual = float(np.median(steps))
    near = steps[steps < 20 * usual]
    rate = float(np.rint(near / usual).sum() / near.sum())
    return float(round(rate)) if abs(rate - round(rate)) < 0.005 * rate else float(f"{rate:.4g}")
