"""BORIS exports: tabular events (START, STOP, POINT) and aggregated events (STATE, POINT)."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from mmtal.preparation.importers.collected import Collected, Recording
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.formats.csv_table import FILES
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.pairing import Event, paired
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import Row, Table, read_header, read_table
from mmtal.preparation.importers.times import NUMBER, to_positive, to_seconds
from mmtal.preparation.importers.values import file_stem, media_name

KINDS = ("START", "STOP", "POINT", "STATE")
KIND_COLUMNS = ("Behavior type", "Status")
DURATIONS = ("Media duration (s)", "Total length")
RATES = ("FPS (frame/s)", "FPS")
MEDIA = ("Media file name", "Media file path", "Media file")
NOBODY = "No focal subject"
BARE = ["Subject", "Behavior", "Behavioral category", "Modifiers", "Behavior type", "Start (s)"]
BARE += ["Stop (s)", "Duration (s)", "Comment start", "Comment stop"]
"""The last columns of an aggregated export, which older versions wrote without their names."""


def matches(probe: Probe) -> bool:
    """Whether it has BORIS's columns, or rows of an aggregated export without their names."""
    header = set(probe.header)
    events = {"Subject", "Behavior"} <= header and bool(header & {"Time", "Start (s)"})
    return (events and bool(header & {*KIND_COLUMNS})) or _is_bare(probe.header)


def _is_bare(header: Sequence[str]) -> bool:
    places = [k for k, name in enumerate(header) if name in ("STATE", "POINT")]
    return len(places) == 1 and places[0] >= 5 and len(header) >= places[0] + 4


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read a table of one or several observations; each is a recording of its name.

    ``columns["recording"] = "media"`` names it after its media file. ValueError: it lacks a column.
    """
    table = read_table(source.path, collected, names=_names(read_header(source.path)))
    kind = next((name for name in KIND_COLUMNS if name in table.header), "")
    timed = "Start (s)" if "Start (s)" in table.header else "Time"
    missing = [name for name in ("Subject", "Behavior", kind, timed) if name not in table.header]
    if missing:
        raise ValueError(f"{source.path}: lacks the column '{missing[0] or 'Behavior type'}'")
    times = [timed, *(name for name in ("Stop (s)",) if name in table.header)]
    table.read_decimal_commas(times, collected)
    events: dict[str, list[Event]] = defaultdict(list)
    recordings: dict[str, Recording] = {}
    for row in table.rows:
        with collected.at(row.where):
            recording = _recording(row, table, source, options, collected)
            recordings[recording.name] = recording
            _add_row(row, row.values[kind], timed, recording, events[recording.name], collected)
    for name, rows in events.items():
        for event, end in paired(rows, collected):
            collected.add(
                recordings[name], event.time, end, event.label,
                where=event.where, point=event.kind == "POINT", **event.details,
            )  # fmt: skip


def _names(header: Sequence[str]) -> list[str] | None:
    """Names of the columns where the first row stands in their place."""
    if not _is_bare(header):
        return None
    before = next(k for k, name in enumerate(header) if name in ("STATE", "POINT")) - 4
    names = ["Observation id", *(f"column {k}" for k in range(1, before)), *BARE]
    pairs = enumerate(pairwise(header[2:before]), start=2)
    found = (place for place, pair in pairs if all(map(NUMBER.fullmatch, pair)))
    if (place := next(found, None)) is not None:
        names[place : place + 2] = DURATIONS[1], RATES[1]
    return names


def _recording(
    row: Row, table: Table, source: Source, options: ImportOptions, collected: Collected
) -> Recording:
    values = row.values
    above = {line[0]: line[1] for line in table.above if len(line) > 1}
    name = values.get("Observation id") or above.get("Observation id") or file_stem(table.path)
    if options.columns.get("recording") == "media":
        name = media_name(_first(values, MEDIA) or "")
    rate = _first(values, RATES)
    return collected.recording(
        name,
        where=row.where,
        subset=source.subset,
        duration=_total(_first(values, DURATIONS)) if rate else None,  # else of the coding
        fps=_common(rate),
        group=values.get(options.group_column or "") or None,
    )


def _first(values: Mapping[str, str], columns: Sequence[str]) -> str | None:
    return next(
        (values[name] for name in columns if values.get(name) not in (None, "", "NA")), None
    )


def _parts(text: str | None) -> list[float]:
    """The numbers of the first player's media: ``10.5;20|9`` has 10.5 and 20."""
    first = (text or "").partition("|")[0].replace(",", ".")
    parts = [part.rpartition(":")[2] for part in first.split(";")]
    return [n for part in parts if (n := to_positive(part, name="media")) is not None]


def _total(text: str | None) -> float | None:
    return round(sum(parts), 6) if (parts := _parts(text)) else None


def _common(text: str | None) -> float | None:
    rates = set(_parts(text))
    return rates.pop() if len(rates) == 1 else None


def _add_row(
    row: Row,
    kind: str,
    timed: str,
    recording: Recording,
    events: list[Event],
    collected: Collected,
) -> None:
    values = row.values
    if kind not in KINDS:
        raise ValueError(f"must be one of {', '.join(KINDS)}, but got '{kind}'")
    numbered = [v for k, v in values.items() if re.fullmatch(r"Modifier #\d+", k)]
    modifiers = values.get("Modifiers") or "|".join(numbered).rstrip("|")
    comments = [values.get(k, "") for k in ("Comment", "Comment start", "Comment stop")]
    subject = values["Subject"] if values["Subject"] != NOBODY else ""
    details = dict(subject=subject, modifiers=modifiers, comment=" ".join(filter(None, comments)))
    start = to_seconds(values[timed], unit=None, fps=None)
    if kind == "STATE":
        end, label = to_seconds(values["Stop (s)"], unit=None, fps=None), values["Behavior"]
        collected.add(recording, start, end, label, where=row.where, point=False, **details)
    else:
        events.append(Event(start, kind, values["Behavior"], row.where, details))


FORMAT = Format(
    "boris-table", "BORIS export of events", matches, read, FILES, takes=("columns.recording",)
)
