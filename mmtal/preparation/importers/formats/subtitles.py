"""Subtitles, SubRip (``.srt``) and WebVTT (``.vtt``): each line of a cue is a label."""

import html
import re

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_text
from mmtal.preparation.importers.tiers import whole_span
from mmtal.preparation.importers.times import to_seconds
from mmtal.preparation.importers.values import file_stem, plain_line

CUE = re.compile(r"\s*((?:\d+:)?\d+:\d+[.,]\d+)\s*-->\s*((?:\d+:)?\d+:\d+[.,]\d+)(\s.*)?")
TAG = re.compile(r"</?(?:[bicuv]|ruby|rt|lang|font|\d)[^>]*>|\{\\[^}]*\}")


def matches(probe: Probe) -> bool:
    """Whether one of the first lines is the time of a cue."""
    return any(map(CUE.fullmatch, probe.lines[:HEAD]))


HEAD = 20
"""Lines that may stand before the first cue: its number, and in WebVTT a header and notes."""


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read the cues, a recording named after its file; cues of a moment are points."""
    text = read_text(source.path)
    name = file_stem(source.path)
    recording = collected.recording(name, where=str(source.path), subset=source.subset, once=True)
    escaped = text.startswith("WEBVTT")
    number = 1
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.split("\n")
        first = next((k for k, line in enumerate(lines) if "-->" in line), None)
        where = f"{source.path}, line {number + (first or 0)}"
        number += len(lines) + 1
        if first is None:
            continue  # the header, a note or a style
        with collected.at(where):
            times = CUE.fullmatch(lines[first])
            if times is None:
                raise ValueError(f"must be 'start --> end', but got '{lines[first]:.60}'")
            start, end = (
                to_seconds(t.replace(",", "."), unit=None, fps=None) for t in times.group(1, 2)
            )
            labels = [TAG.sub("", line).strip() for line in lines[first + 1 :]]
            for label in filter(None, labels):
                label = html.unescape(label) if escaped else label
                collected.add(recording, start, end, label, where=where, point=start == end)


def write(database: Database) -> str:
    """SubRip with a cue for each instance of the recording; times in milliseconds."""
    (entry,) = database.values()
    rows = sorted((*whole_span(i, 1000), i["label"]) for i in entry["annotations"])
    return "\n".join(
        f"{number}\n{_clock(start)} --> {_clock(end)}\n{plain_line(label)}\n"
        for number, (start, end, label) in enumerate(rows, start=1)
    )


def _clock(time: int) -> str:
    whole, ms = divmod(time, 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{ms:03d}"


FORMAT = Format(
    "srt", "subtitles, SubRip or WebVTT", matches, read, ("*.srt", "*.vtt"),
    write=write, ending=".srt", single=True,
)  # fmt: skip
