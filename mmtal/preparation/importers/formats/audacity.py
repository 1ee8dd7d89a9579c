"""Audacity's label tracks: ``start``, ``end`` and label on each line, with tabs between."""

import re

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_text
from mmtal.preparation.importers.tiers import whole_span
from mmtal.preparation.importers.times import to_number
from mmtal.preparation.importers.values import file_stem, plain_line

LINE = re.compile(r"-?\d+([.,]\d+)?\t-?\d+([.,]\d+)?\t.*")
FREQUENCIES = "\\"
"""What the second line of a label with a range of frequencies begins with."""


def matches(probe: Probe) -> bool:
    """Whether every line is such a label."""
    lines = [line for line in probe.lines if not line.startswith(FREQUENCIES)]
    return bool(lines) and all(map(LINE.fullmatch, lines))


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read a label track, a recording named after its file; labels of a moment are points."""
    name = file_stem(source.path)
    recording = collected.recording(name, where=str(source.path), subset=source.subset, once=True)
    for number, line in enumerate(read_text(source.path).split("\n"), start=1):
        where = f"{source.path}, line {number}"
        fields = line.split("\t", 2)
        if not line.strip() or line.startswith(FREQUENCIES):
            continue
        with collected.at(where):
            if len(fields) < 3:
                raise ValueError(f"must be start, end and label with tabs, but got '{line:.60}'")
            start, end = (to_number(text.strip().replace(",", ".")) for text in fields[:2])
            collected.add(recording, start, end, fields[2].strip(), where=where, point=start == end)


def write(database: Database) -> str:
    """A line for each instance of the recording; times in microseconds."""
    (entry,) = database.values()
    rows = sorted((*whole_span(i, 1_000_000), i["label"]) for i in entry["annotations"])
    return "".join(f"{a / 1e6:.6f}\t{b / 1e6:.6f}\t{plain_line(label)}\n" for a, b, label in rows)


FORMAT = Format(
    "audacity", "Audacity label track", matches, read, ("*.txt",),
    write=write, ending=".txt", single=True,
)  # fmt: skip
