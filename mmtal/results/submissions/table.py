"""A table of detections: recording, start, end, label and score, as ``mmtal infer`` writes it.

Columns, units and clocks are read as ``mmtal data import`` reads a table of annotations.
"""

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.columns import role_of
from mmtal.preparation.importers.formats import csv_table
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.tables import split_line, widest
from mmtal.results.submissions.file_content import FileContent
from mmtal.results.submissions.raw_detections import RawDetections


def matches(content: FileContent) -> bool:
    """Whether it is a table with a start, a label and a score."""
    first = next((line for line in content.lines if line.strip()), "")
    names = [name.strip('"').lower() for name in split_line(first, widest(first)[0])]
    return "score" in names and {"start", "label"} <= {role_of(name)[0] for name in names}


def read(content: FileContent, raw: RawDetections) -> None:
    """Add the rows. ValueError: a column is missing, or a row cannot be read."""
    collected = Collected()
    csv_table.read(Source(content.path), ImportOptions(), collected)
    collected.raise_errors(raw.problems.verdict)
    for recording in collected.recordings.values():
        raw.recording(recording.name)
        for instance in recording.instances:
            segment, score = [instance.start, instance.end], instance.details.get("score")
            raw.add(recording.name, segment, instance.label, score, instance.where)
