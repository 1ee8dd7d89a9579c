"""BIDS events (``*_events.tsv``): ``onset``, ``duration`` and ``trial_type``, in seconds."""

import re

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.columns import role_of
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_table
from mmtal.preparation.importers.times import to_number
from mmtal.preparation.importers.values import file_stem

NOTHING = ("n/a", "")


def matches(probe: Probe) -> bool:
    """Whether the first two columns are those, and none names the recording."""
    roles = [role_of(name)[0] for name in probe.header]
    return probe.header[:2] == ["onset", "duration"] and "recording" not in roles


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read a table, a recording named after its file, of the group ``sub-...`` of its name.

    Events of duration 0 are points. ValueError: no column has the labels.
    """
    table = read_table(source.path, collected)
    wanted = options.columns.get("label")
    columns = (
        [wanted]
        if wanted
        else ["trial_type", *(c for c in table.header if role_of(c)[0] == "label")]
    )
    label = next((name for name in columns if name in table.header), None)
    if label is None:
        raise ValueError(
            f"{source.path}: no column '{wanted or 'trial_type'}' with labels: give --columns "
            f"label=NAME; there is {', '.join(table.header[2:]) or 'none'}"
        )
    name = file_stem(source.path, "_events")
    person = re.match(r"sub-[^_]+", name)
    recording = collected.recording(
        name,
        where=str(source.path),
        subset=source.subset,
        group=person[0] if person else None,
        once=True,
    )
    for row in table.rows:
        onset, duration, text = (row.values[c] for c in ("onset", "duration", label))
        if text in NOTHING:
            collected.drop(f"event without a {label}")
            continue
        if onset in NOTHING or duration in NOTHING:
            collected.drop("event whose onset or duration is not known")
            continue
        with collected.at(row.where):
            start, length = to_number(onset), to_number(duration)
            end = round(start + length, 9)
            collected.add(recording, start, end, text, where=row.where, point=length == 0)


FILES = ("**/*_events.tsv", "**/*_events.tsv.gz", "*.tsv", "*.csv")
FORMAT = Format("bids", "BIDS events", matches, read, FILES, takes=("columns.label",))
