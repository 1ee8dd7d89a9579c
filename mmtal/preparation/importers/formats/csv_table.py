"""CSV, TSV and Excel: a row for each instance; the first line names the columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mmtal.preparation.importers.collected import DETAILS, Collected
from mmtal.preparation.importers.columns import (
    FILE,
    NEEDED,
    PEOPLE,
    find_columns,
    is_inclusive,
    role_of,
    unit_of,
)
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import Row, Table, read_table
from mmtal.preparation.importers.times import NUMBER, to_number, to_positive, to_seconds
from mmtal.preparation.importers.writing import to_table
from mmtal.utils.dates import iso_dates
from mmtal.utils.reading import reading

FILES = ("*.csv", "*.tsv", "*.xlsx", "*.csv.gz", "*.tsv.gz")
TIMES = ("start", "end", "length", "time")
HOURS = re.compile(r"\d*[1-9]\d*:\d\d:\d\d(\.\d+)?")
"""A clock that shows an hour or more."""


def matches(probe: Probe) -> bool:
    """Whether a line names start, end (or duration) and label.

    So do the tables of some tools and data sets, whose own formats come first.
    """
    roles = {role_of(column)[0] for column in probe.header}
    return {"start", "label"} <= roles and bool({"end", "length"} & roles)


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read a table.

    A row with neither start, end nor label is a recording without instances. A table without a
    column for the recording is one recording, named after the file.

    ValueError: the columns cannot be recognized.
    """
    path = source.path
    wanted = [name for name in options.columns.values() if name != FILE]
    table = read_table(path, collected, wanted)
    columns = find_columns(table.header, options.columns, where=str(path))
    if "recording" not in columns and options.columns.get("recording") != FILE:
        people = [name for name in table.header if name.lower() in PEOPLE]
        if people and not source.in_folder:
            columns["recording"] = people[0]
            collected.note(f"{path}: a recording is a {people[0]}")
        else:
            _require_one_recording(table, columns, source.in_folder)
    _read_table(table, columns, source, options, collected)


def _require_one_recording(table: Table, columns: Mapping[str, str], folder: bool) -> None:
    """Refuse a column that may name recordings, where none is known to.

    ValueError: there is one, with text in every row.
    """
    for name in table.header:
        cells = [row.values[name] for row in table.rows]
        texts = all(cells) and any(re.search("[A-Za-z]", cell) for cell in cells)
        varies = len(set(cells)) > 1 or not folder
        if name not in columns.values() and texts and varies:
            raise ValueError(
                f"{table.path}: no column for the recording: the first line must name "
                f"{', '.join(NEEDED)}, but is {', '.join(table.header)}. Name it with --columns "
                f"recording={name}; or, where the file is one recording and has its name, with "
                f"--columns recording={FILE}"
            )


def _read_table(
    table: Table,
    columns: Mapping[str, str],
    source: Source,
    options: ImportOptions,
    collected: Collected,
) -> None:
    path, header = table.path, table.header
    if options.group_column not in (None, *header):
        raise ValueError(
            f"{path}: no column '{options.group_column}' (--group); there is {', '.join(header)}"
        )
    group = options.group_column or "group"
    taken = (*columns.values(), group)
    details = {c.lower(): c for c in header if c.lower() in DETAILS and c not in taken}
    details |= {role: columns[role] for role in DETAILS if role in columns}
    columns = {role: column for role, column in columns.items() if role not in DETAILS}
    ignored = [name for name in header if name not in (*taken, *details.values())]
    if ignored:
        collected.note(f"{path}: columns not used: {', '.join(ignored)}")
    numeric = [columns[role] for role in (*TIMES, "duration", "fps") if role in columns]
    numeric += [details["score"]] if "score" in details else []
    table.read_decimal_commas(numeric, collected)
    times = {role: columns[role] for role in TIMES if role in columns}
    dated = [name for role, name in columns.items() if role in (*TIMES, "recording_start")]
    cells = [row.values[name] for row in table.rows for name in dated]
    with reading(path, "has unclear times"):
        iso = iso_dates([*cells, *options.starts.values()])
    options = replace(options, starts={k: iso.get(x, x) for k, x in options.starts.items()})
    units = {role: options.unit or unit_of(name) for role, name in times.items()}
    if "length" in units:  # a column of each pair may say it
        units["start"] = units["start"] or units["length"]
        units["length"] = units["length"] or units["start"]
    inclusive = "end" in times and (options.inclusive or is_inclusive(times["end"]))
    if inclusive and units["end"] != "frames":
        raise ValueError(f"{path}: --inclusive is for times in frames: add --unit frames --fps N")
    guessed = columns.get("recording", "").lower() in PEOPLE and "recording" not in options.columns
    before = set(collected.recordings) if guessed else set()
    own_name = path.name.removesuffix(".gz").rpartition(".")[0]
    if "recording" not in columns and not table.rows:  # nothing happens in it
        collected.recording(own_name, where=str(path), subset=source.subset)
    for row in table.rows:
        get = {role: row.values[column] for role, column in columns.items()}
        get |= {role: iso.get(x, x) for role, x in get.items() if columns[role] in dated}
        get.setdefault("recording", own_name)
        with collected.at(row.where):
            if get["recording"] in before:
                raise ValueError(
                    f"'{get['recording']}' is in another table, too: choose with --columns "
                    f"recording=NAME, or recording={FILE} for a recording in each table"
                )
            get |= {role: row.values[column] for role, column in details.items()}
            _add_row(row, get, units, inclusive, source, options, collected)
    whole = [re.fullmatch(r"\d*", row.values[c]) for row in table.rows for c in times.values()]
    if all(whole) and not any(units.values()):
        collected.note(
            f"{path}: all times are whole numbers and were taken as seconds; if they are frames, "
            "add --unit frames --fps N"
        )
    starts = [row.values[columns["start"]] for row in table.rows]
    if starts and all(map(HOURS.fullmatch, starts)):
        known = "recording_start" in columns or options.starts
        collected.note(
            f"{path}: times, from {min(starts)} on, "
            + (
                "are times of day, counted from when the recording began"
                if known
                else "were counted from the recording's start; if they are times of day, add a "
                "column recording_start"
            )
        )
    framed = units["start"] == "frames" and "end" in columns
    if framed and not inclusive and _touches(table.rows, columns):
        collected.note(
            f"{path}: segments begin one frame behind the end of another, never at it; if ends are "
            "frames that belong to the segment, add --inclusive"
        )


def _touches(rows: Sequence[Row], columns: Mapping[str, str]) -> bool:
    """Whether frames behind an end are starts, and ends are not."""
    pairs = [(row.values[columns["start"]], row.values[columns["end"]]) for row in rows]
    starts, ends = ({to_number(pair[k]) for pair in pairs if pair[k]} for k in (0, 1))
    return bool(starts & {end + 1 for end in ends}) and not starts & ends


def _add_row(
    row: Row,
    get: dict[str, str],
    units: Mapping[str, str | None],
    inclusive: bool,
    source: Source,
    options: ImportOptions,
    collected: Collected,
) -> None:
    duration, fps = (to_positive(get.get(k), name=k) for k in ("duration", "fps"))
    label_id = get.get("label_id") or None
    if label_id is not None and not label_id.isdecimal():
        raise ValueError(f"'label_id' must be a whole number >= 0, but got '{label_id}'")
    empty = not any(get.get(role) for role in (*TIMES, "label"))
    point = bool(get.get("time")) and not get["start"]
    if not empty:
        rate = fps or options.fps
        origin = get.get("recording_start") or options.starts.get(get["recording"])
        first = "time" if point else "start"
        start = to_seconds(get[first], unit=units[first], fps=rate, origin=origin)
        if point:
            end = start
        elif "end" in get:
            end = to_seconds(get["end"], unit=units["end"], fps=rate, origin=origin)
        else:
            end = start + to_seconds(get["length"], unit=units["length"], fps=rate)
        if inclusive and rate and not point:
            end += 1 / rate
    recording = collected.recording(
        get["recording"],
        where=row.where,
        subset=source.subset or get.get("subset") or None,
        duration=duration,
        fps=fps,
        group=row.values.get(options.group_column or "group") or None,
    )
    if not empty:
        number = None if label_id is None else int(label_id)
        details: dict[str, Any] = {name: get[name] for name in DETAILS if get.get(name)}
        if not NUMBER.fullmatch(details.setdefault("score", "")):
            del details["score"]  # what others call so
        else:
            details["score"] = to_number(details["score"])
        where = row.where
        collected.add(
            recording,
            start,
            end,
            get["label"],
            label_id=number,
            where=where,
            point=point,
            **details,
        )


FORMAT = Format(
    "csv", "table: recording, start, end, label", matches, read, FILES,
    write=lambda database: to_table(database, ","), ending=".csv",
    takes=("unit", "columns", "inclusive"),
)  # fmt: skip
