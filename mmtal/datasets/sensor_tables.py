"""Tables of sensors: samples at times of a clock, brought to one rate.

N rows, C channels, T samples at the rate. A table without a clock is one of features.
"""

import functools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.clocks import is_clock, joined_moments, nominal_rate, seconds_of, sorted_times
from mmtal.datasets.lazy_rows import (
    LazyRows,
    open_parquet,
    parquet_columns,
    read_parquet_columns,
)
from mmtal.datasets.number_tables import read_number_table
from mmtal.datasets.pose_files import is_pose, read_pose
from mmtal.datasets.resampling import find_gaps, resample
from mmtal.utils.reading import is_number
from mmtal.utils.wording import first_of
from mmtal.utils.yaml_files import read_yaml

ENDINGS = (".csv", ".tsv", ".parquet", ".txt")
SETTINGS = "tables.yaml"
RATE_TOLERANCE = 0.01
MOST_SILENCE = 100
"""Grid points to a sample: more are not a recording with gaps but a wrong time stamp."""


@dataclass(frozen=True)
class TableSettings:
    """What ``tables.yaml``, in the folder of tables or the one above it, says of them.

    Attributes:
        time: Column of the times; None: by its name.
        unit: Of the times: ``s``, ``ms``, ``us``, ``ns`` or the seconds of one tick; None: found.
        max_gap: Seconds without samples up to which values are interpolated.
        start: What the clock shows, in seconds, at second 0 of a recording; None: the first sample.
        channels: Columns that are channels, in this order; None: all but clocks.
    """

    time: str | None = None
    unit: str | float | None = None
    max_gap: float = 0.5
    start: float | None = None
    channels: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Samples:
    """What a table holds, in the order of time.

    Attributes:
        path: The file.
        names: Of the channels.
        values: float64 (N, C), NaN where missing.
        times: (N,) s of its clock, rising; None: it has no clock.
        absolute: Whether its clock counts from 1970, UTC.
        rate: Samples per second, as the clock says.
        settings: Of the table.
        notes: What was done to its rows.
    """

    path: Path
    names: tuple[str, ...]
    values: np.ndarray
    times: np.ndarray | None = None
    absolute: bool = False
    rate: float = 0.0
    settings: TableSettings = TableSettings()
    notes: tuple[str, ...] = ()


def open_table(
    path: Path, *, rate: float | None, together: Sequence[Path]
) -> LazyRows | np.ndarray:
    """The values of a table, float32 (T, C).

    Args:
        path: The file.
        rate: Samples per second that those with a clock are brought to; None: that of their clock.
        together: All tables of the recording, which one grid holds: it begins with the first sample
            of any and ends with the last; what one of them lacks is masked.

    Raises:
        ValueError: It is no table of numbers, or its clock cannot be read.
    """
    if path.suffix == ".parquet" and not has_clock(path):
        return open_parquet(path)
    samples = read_samples(path, rate=rate)
    if samples.times is None:
        return samples.values.astype(np.float32)
    start, length, to = find_grid(path, rate, together)

    def load(first: int, last: int) -> np.ndarray:
        return _resampled(samples, start, length, to)[first:last]

    return LazyRows(load, range(length), (len(samples.names),), np.dtype(np.float32))


@functools.lru_cache(maxsize=64)
def _resampled(samples: Samples, start: float, length: int, rate: float) -> np.ndarray:
    assert samples.times is not None
    times, gap = samples.times - start, samples.settings.max_gap
    return resample(times, samples.values, rate, length, max_gap=gap).astype(np.float32)


def find_grid(path: Path, rate: float | None, together: Sequence[Path]) -> tuple[float, int, float]:
    """Start on the clock (s), T and rate of the grid that holds all tables of a recording."""
    tables = [other for other in dict.fromkeys((path, *together)) if has_clock(other)]
    timed = [s for s in (read_samples(p, rate=rate) for p in tables) if s.times is not None]
    spans = {s.path: (float(s.times[0]), float(s.times[-1])) for s in timed if s.times is not None}
    start, end = min(a for a, _ in spans.values()), max(b for _, b in spans.values())
    if max(a for a, _ in spans.values()) > min(b for _, b in spans.values()):
        found = ", ".join(f"{p} from {a:.3f} to {b:.3f} s" for p, (a, b) in spans.items())
        raise ValueError(f"tables of one recording must overlap in time, but {found}")
    rates = [s.rate for s in timed]
    if rate is None and max(rates) > (1 + RATE_TOLERANCE) * min(rates):
        found = ", ".join(f"{s.path} has {s.rate:g}" for s in timed)
        raise ValueError(f"tables of one recording differ in samples per second: {found}. Give fps")
    to = rate or rates[0]
    start = start if timed[0].settings.start is None else timed[0].settings.start
    if start >= end:
        raise ValueError(f"{path}: ends at {end:g} s of its clock, before 'start' in {SETTINGS}")
    length = round((end - start) * to) + 1
    rows = max(len(s.values) * to / s.rate for s in timed)
    if length > MOST_SILENCE * rows + 1000:
        raise ValueError(
            f"{path}: {rows:.0f} samples lie within {end - start:.0f} s: take wrong time stamps out"
        )
    return start, length, to


def describe_table(path: Path, *, rate: float | None, together: Sequence[Path]) -> list[str]:
    """What is notable of a table with a clock: its gaps, and what was done to its rows."""
    if not has_clock(path):
        return []
    samples = read_samples(path, rate=rate)
    if samples.times is None:
        return []
    start, length, to = find_grid(path, rate, together)
    end, longest = (length - 1) / to, samples.settings.max_gap
    times = samples.times - start
    gaps = find_gaps(times, end, longest)
    notes = [*samples.notes, *([f"no samples from {_spans(gaps)}: masked"] if gaps else [])]
    own: dict[str, list[str]] = {}
    for name, column in zip(samples.names, samples.values.T, strict=True):
        there = times[~np.isnan(column)]
        if len(there) and (
            more := [gap for gap in find_gaps(there, end, longest) if gap not in gaps]
        ):
            own.setdefault(_spans(more), []).append(name)
    return notes + [f"no values of {first_of(n)} from {text}: masked" for text, n in own.items()]


def _spans(gaps: Sequence[tuple[float, float]]) -> str:
    shown = ", ".join(f"{a:.2f} to {b:.2f} s" for a, b in gaps[:5])
    return shown + (f" and {len(gaps) - 5} more" if len(gaps) > 5 else "")


def table_names(path: Path) -> tuple[str, ...]:
    """Names of a table's channels; none of other files, and of tables without names."""
    if is_pose(path):
        kinds = ("x", "y", "likelihood")
        return tuple(f"{name} {kind}" for name in read_pose(path).names for kind in kinds)
    if path.suffix not in ENDINGS:
        return ()
    if path.suffix == ".parquet" and not has_clock(path):
        return tuple(parquet_columns(path))
    names = read_samples(path).names
    return () if all(re.fullmatch(r"channel_\d+", name) for name in names) else names


def table_start(path: Path) -> float | None:
    """When a table with an absolute clock begins, in seconds since 1970, UTC."""
    samples = read_samples(path) if has_clock(path) else None
    return None if samples is None or not samples.absolute else float(samples.times[0])  # type: ignore[index]


def clock_rate(paths: Sequence[Path]) -> float | None:
    """Samples per second of the first table among the files of a recording that has a clock."""
    timed = (path for path in paths if path.is_file() and has_clock(path))
    return next((s.rate for s in map(read_samples, timed) if s.times is not None), None)


def has_clock(path: Path) -> bool:
    """Whether a file is a table that may have a clock; of Parquet files the header tells."""
    if path.suffix != ".parquet":
        return path.suffix in ENDINGS and not is_pose(path)
    return read_settings(path).time is not None or any(map(is_clock, parquet_columns(path)))


def read_samples(path: Path, *, rate: float | None = None) -> Samples:
    """Read a table; ``rate``, if stated, helps to tell the unit of its times.

    ValueError: it is no table of numbers, or its clock cannot be read.
    """
    return _read_samples(path, _changed(path), read_settings(path), rate)


def _changed(path: Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_mtime_ns, status.st_size


@functools.lru_cache(maxsize=64)
def _read_samples(path: Path, changed: Any, settings: TableSettings, rate: float | None) -> Samples:
    parquet = path.suffix == ".parquet"
    wanted = (*settings.channels, *filter(None, [settings.time])) if settings.channels else ()
    columns = read_parquet_columns(path) if parquet else read_number_table(path, wanted)
    for name in (settings.time, *(settings.channels or ())):
        if name is not None and name not in columns:
            raise ValueError(
                f"{path}: has no column '{name}' ({SETTINGS}), only {list(columns)[:9]}"
            )
    clocks = [name for name in columns if is_clock(name) or columns[name].dtype.kind in "OMm"]
    clock = settings.time or next(iter(clocks), None)
    names = settings.channels or tuple(
        n for n in columns if n != clock and n not in clocks and not _is_index(n, columns[n])
    )
    if not names:
        raise ValueError(f"{path}: has no column of numbers besides its clock")
    values = np.stack([_channel(path, name, columns[name]) for name in names], axis=1)
    if settings.channels is None:
        _check_counters(path, names, values)
    if clock is None:
        return Samples(path, names, values)
    if (infinite := np.argwhere(np.isinf(values))).size:
        row, column = infinite[0]
        raise ValueError(
            f"{path}: column '{names[column]}' is infinite in sample {row}: empty what is missing"
        )
    moments = columns[clock] if settings.time else joined_moments(columns, clocks)
    times = seconds_of(path, clock, moments, unit=settings.unit, rate=rate)
    times, values, notes = sorted_times(path, times, values, max_gap=settings.max_gap)
    absolute = bool(times[0] > 3e8)
    rate = nominal_rate(times)
    return Samples(path, names, values, times, absolute, rate, settings, tuple(notes))


def _channel(path: Path, name: str, column: np.ndarray) -> np.ndarray:
    if column.dtype.kind in "OMm":
        raise ValueError(f"{path}: column '{name}' must hold numbers, but holds times")
    return column.astype(float)


def _is_index(name: str, column: np.ndarray) -> bool:
    """Whether a column just numbers the rows, as pandas writes them."""
    if name.lower() not in ("", "index", "frame", "row", "unnamed: 0") or column.dtype.kind != "f":
        return False
    return bool((np.diff(column) == 1).all())


def _check_counters(path: Path, names: Sequence[str], values: np.ndarray) -> None:
    if len(values) < 20:
        return
    steps = np.diff(values, axis=0)
    counting = (steps > 0).all(axis=0) | (steps < 0).all(axis=0)
    if counting.any():
        name = names[int(np.argmax(counting))]
        raise ValueError(
            f"{path}: column '{name}' counts from row to row: a time stamp or a counter, "
            f"no channel. Leave it out, or say what it is in {path.parent / SETTINGS}: 'time: "
            f"{name}' with 'unit: SECONDS' of one step, or 'channels: [...]' without it"
        )


def read_settings(path: Path) -> TableSettings:
    """What is said of a table.

    ValueError: ``tables.yaml`` is not as :class:`TableSettings` describes.
    """
    for folder in (path.parent, path.parent.parent):
        file = folder / SETTINGS
        if file.is_file():
            return _read_settings(file, _changed(file))
    return TableSettings()


@functools.lru_cache(maxsize=64)
def _read_settings(file: Path, changed: Any) -> TableSettings:
    content = read_yaml(file)
    known = [field.name for field in fields(TableSettings)]
    if not isinstance(content, dict) or (unknown := [key for key in content if key not in known]):
        found = f"but has '{unknown[0]}'" if isinstance(content, dict) else "but is no mapping"
        raise ValueError(f"{file}: must have some of {', '.join(known)}, {found}")
    gap, channels = content.get("max_gap", 0.5), content.get("channels")
    if not is_number(content.get("start", 0)):
        raise ValueError(f"{file}: start must be seconds, but got {content['start']!r:.60}")
    if not isinstance(content.get("time", ""), str):
        raise ValueError(f"{file}: time must be a column, but got {content['time']!r:.60}")
    if not isinstance(content.get("unit", ""), str | int | float):
        raise ValueError(f"{file}: unit must be s, ms or seconds, but got {content['unit']!r:.60}")
    if not is_number(gap) or gap < 0:
        raise ValueError(f"{file}: max_gap must be seconds >= 0, but got {gap!r}")
    if channels is not None:
        if not isinstance(channels, list) or not all(isinstance(c, str) for c in channels):
            raise ValueError(
                f"{file}: channels must be a list of columns, but got {channels!r:.60}"
            )
        content["channels"] = tuple(channels)
    return TableSettings(**content)
