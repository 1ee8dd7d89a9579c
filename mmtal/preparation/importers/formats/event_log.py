"""Logs of events, as many tools export them: time, label, and START, STOP or POINT in each row."""

import re
from collections import defaultdict

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.columns import role_of
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.formats.csv_table import FILES
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.pairing import Event, paired
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import Row, read_table
from mmtal.preparation.importers.times import to_seconds
from mmtal.preparation.importers.values import file_stem
from mmtal.utils.dates import iso_dates
from mmtal.utils.reading import reading

KINDS = {
    **dict.fromkeys(("start", "begin", "on", "onset", "state start"), "START"),
    **dict.fromkeys(("stop", "end", "off", "offset", "state stop"), "STOP"),
    "point": "POINT",
}
KIND = ("status", "type", "event_type", "event type", "behavior type", "event_log", "state", "kind")
TIME = re.compile(
    r"(time|timestamp|time_relative_sf)([ _(]+(s|sec|seconds|ms|frames?)\)?)?|frame(s|_number)?",
    re.I,
)
SUBJECT = ("subject", "animal", "individual", "participant", "observed", "actor")


def matches(probe: Probe) -> bool:
    """Whether it has a time, a label, and a column of such words (or no row, but all of these)."""
    names = [name.lower() for name in probe.header]
    places = [place for place, name in enumerate(names) if name in KIND]
    words = [
        {row[place].lower() for row in probe.rows[-3:] if len(row) > place} for place in places
    ]
    found = any(word <= set(KINDS) and (word or not probe.rows) for word in words)
    labeled = "label" in {role_of(name)[0] for name in probe.header}
    return any(map(TIME.fullmatch, names)) and found and labeled


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Pair each START with the next STOP of its label and subject in its recording.

    Without a column for the recording, it is one, named after its file. ValueError: it lacks a
    column.
    """
    path = source.path
    table = read_table(path, collected)
    time = next((name for name in table.header if TIME.fullmatch(name.lower())), None)
    kind = next((n for n in table.header if n.lower() in KIND and _words(table.rows, n)), None)
    free = [name for name in table.header if name not in (time, kind)]
    roles = {role: name for name in reversed(free) if (role := role_of(name)[0])}
    if missing := [f"{r}={n}" for r, n in options.columns.items() if n not in table.header]:
        raise ValueError(
            f"{path}: no column for --columns {missing[0]}; there is {', '.join(table.header)}"
        )
    roles |= options.columns
    person = roles.get("subject") or next((n for n in free if n.lower() in SUBJECT), None)
    if time is None or kind is None or "label" not in roles:
        raise ValueError(
            f"{path}: needs columns for the time, the label and START or STOP, but has "
            f"{', '.join(table.header)}"
        )
    table.read_decimal_commas([time], collected)
    dated = [name for name in (time, roles.get("recording_start")) if name]
    with reading(path, "has unclear times"):
        iso = iso_dates(
            [r.values[n] for r in table.rows for n in dated] + [*options.starts.values()]
        )
    if "recording" not in roles:  # perhaps nothing happens in it
        collected.recording(file_stem(path), where=str(path), subset=source.subset)
    unit = options.unit or ("milliseconds" if "ms" in time.lower() else None)
    unit = unit or ("frames" if "frame" in time.lower() else None)
    events: dict[str, list[Event]] = defaultdict(list)
    for row in table.rows:
        values = row.values
        with collected.at(row.where):
            word = values[kind].lower()
            if word not in KINDS:
                raise ValueError(f"'{kind}' must be START, STOP or POINT, but got '{values[kind]}'")
            name = values[roles["recording"]] if "recording" in roles else file_stem(path)
            start = values.get(roles.get("recording_start", "")) or options.starts.get(name)
            at = iso.get(values[time], values[time])
            origin = iso.get(start, start) if start else None
            seconds = to_seconds(at, unit=unit, fps=options.fps, origin=origin)
            details = {"subject": values[person]} if person else {}
            label = values[roles["label"]]
            events[name].append(Event(seconds, KINDS[word], label, row.where, details))
    for name, rows in events.items():
        recording = collected.recording(name, where=rows[0].where, subset=source.subset)
        for event, end in paired(rows, collected):
            collected.add(
                recording, event.time, end, event.label,
                where=event.where, point=event.kind == "POINT", **event.details,
            )  # fmt: skip


def _words(rows: list[Row], column: str) -> bool:
    """Whether most cells of a column say what starts and stops."""
    return not rows or sum(row.values[column].lower() in KINDS for row in rows) * 2 > len(rows)


FORMAT = Format(
    "event-log",
    "log of events: time, label, START or STOP",
    matches,
    read,
    FILES,
    takes=("unit", "columns"),
)
