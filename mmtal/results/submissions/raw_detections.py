"""Detections as read from a file, before labels are numbered."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mmtal.datasets.problems import Problems
from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions.remedies import REMEDIES

NUMBERED = re.compile(r"id_(\d+)")
"""How OpenTAD writes a class that it knows by number only."""


class RawDetection(NamedTuple):
    """One row: times in seconds; the label is a name, or a number of the annotations."""

    start: float
    end: float
    label: str | int
    score: float


class RawDetections:
    """Detections by recording, and what was wrong with the rows that could not be read.

    Args:
        path: The file, for messages.
        verdict: What it means if something is wrong.
    """

    def __init__(self, path: str | Path, *, verdict: str = "these are no usable results") -> None:
        self.videos: dict[str, list[RawDetection]] = {}
        self.problems = Problems(str(path), verdict=verdict, remedies=REMEDIES)

    def recording(self, video: str) -> None:
        """Name a recording, so that it is listed even if nothing was found in it."""
        self.videos.setdefault(video, [])

    def add(self, video: str, segment: Any, label: Any, score: Any, place: str) -> None:
        """Add a row, or note what is wrong with it.

        Expected are a segment of two numbers in seconds, a label that is a name or a number >= 0,
        and a score that is a number; ``place`` says where in the file, such as ``detection 3``.
        """
        rows = self.videos.setdefault(video, [])
        if not (isinstance(segment, list | tuple) and len(segment) == 2) or not (
            _is_number(segment[0]) and _is_number(segment[1])
        ):
            text = f"'segment' must be [start, end] in seconds, but got {segment!r:.60}"
            self.problems.add("malformed detection", f"recording '{video}', {place}: {text}")
        elif not _is_number(score):
            text = f"'score' must be a number, but got {score!r:.60}"
            self.problems.add("malformed detection", f"recording '{video}', {place}: {text}")
        elif label is None:
            self.problems.add("no label", f"recording '{video}', {place}")
        elif not (math.isfinite(segment[0]) and math.isfinite(segment[1]) and math.isfinite(score)):
            text = f"segment {list(segment)}, score {score}"
            self.problems.add("NaN or infinite number", f"recording '{video}', {place}: {text}")
        else:
            rows.append(RawDetection(segment[0], segment[1], label, score))

    def class_names(self) -> list[str] | None:
        """The names that occur, sorted; None if a label is a number."""
        labels = {row.label for rows in self.videos.values() for row in rows}
        names = [label for label in labels if isinstance(label, str)]
        return sorted(names) if len(names) == len(labels) else None

    def table(self, classes: Sequence[str]) -> InstanceTable:
        """The rows with labels as numbers; those of unknown classes are noted as a problem.

        A number is taken as it is, even beyond the classes' end: what becomes of such classes is
        up to the protocol.
        """
        label_of = {name: label for label, name in enumerate(classes)}
        videos: dict[str, dict[str, list[Any]]] = {}
        unknown: dict[Any, list[str]] = {}
        for video, rows in self.videos.items():
            columns: dict[str, list[Any]] = dict(segments=[], labels=[], scores=[])
            for row in rows:
                label = _number(row.label, label_of)
                if label is None:
                    unknown.setdefault(row.label, []).append(video)
                    continue
                columns["segments"].append((row.start, row.end))
                columns["labels"].append(label)
                columns["scores"].append(row.score)
            videos[video] = columns
        for name, where in unknown.items():
            text = f"recording '{where[0]}': label {name!r:.60} is not a class of the annotations"
            more = f" (nor that of {len(where) - 1:,} more detections)" if len(where) > 1 else ""
            self.problems.add("unknown label", text + more)
        return InstanceTable.from_videos(videos)


def _number(label: Any, label_of: Mapping[str, int]) -> int | None:
    if isinstance(label, str):
        if label in label_of:
            return label_of[label]
        numbered = NUMBERED.fullmatch(label)
        return int(numbered[1]) if numbered else None
    if isinstance(label, int) and not isinstance(label, bool) and label >= 0:
        return label
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
