"""Detections as read from a file, before labels are numbered, and kinds of problems with them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mmtal.datasets.annotation_file import MOST_CLASSES
from mmtal.datasets.problems import Problems
from mmtal.results.instance_table import InstanceTable
from mmtal.utils.reading import is_number

FIXES = {
    "labels": "unknown label",
    "nan": "NaN or infinite number",
    "unlisted": "unlisted recording",
    "missing": "missing recording",
    "reversed": "reversed or empty segment",
    "outside": "segment outside the recording",
}
"""What a user may ask to be fixed, to its kind of problem."""

LARGE = "large-losses"
MOST_LOST = 0.05
"""Share of the detections that fixes may leave out, unless ``LARGE`` is asked for, too."""

FIXED = {
    "unknown label": "detections of unknown classes are left out",
    "NaN or infinite number": "detections with NaN or infinity are left out",
    "unlisted recording": "recordings that are not on the list are left out",
    "missing recording": "recordings without results get an empty list",
    "reversed or empty segment": "detections that do not end after their start are left out",
    "segment outside the recording": "detections are clipped to their recording",
}
"""Kind of problem to what is done about it."""

UNNAMED = ""
"""Label of a row that has none; those of a file are one problem, ``no label``."""

_CORRECT = {
    "malformed detection": "a detection is an object with a segment, a label and a score",
    "no label": "these are proposals without classes: name them by a video classifier (mmtal "
    "results fuse --external), or evaluate where, not what: --class-agnostic",
    "unknown label": "correct the label, or give the annotations (--ann) or class names "
    "(--classes) that the results were made with; for where, not what: --class-agnostic",
    "NaN or infinite number": "the model or its post-processing is broken here",
    "wrong field": "the evaluation server refuses the file; convert it again to correct it",
    "wrong taxonomy": "the benchmark has other classes; give its own annotations with --ann",
    "unlisted recording": "check that these are results of this subset (--subset)",
    "missing recording": "run the model on these, too",
    "reversed or empty segment": "the end must come after the start",
    "segment outside the recording": "times must be seconds from the start of the recording (for "
    "Ego4D of the clip, not of the whole video)",
}

REMEDIES = {
    kind: text
    + "".join(
        f"; 'mmtal results convert --fix {name}': {FIXED[kind]}"
        for name, fixed in FIXES.items()
        if fixed == kind
    )
    for kind, text in _CORRECT.items()
}
"""Kind of problem to what the user can do."""


NUMBERED = re.compile(r"(?:id_)?([0-9]{1,9})(?:\.0+)?")
"""A number as text, also a decimal, or as OpenTAD writes a class that it knows by number only."""


class RawDetection(NamedTuple):
    """One row: times in seconds; the label is a name, or a number of the annotations."""

    start: float
    end: float
    label: str | int
    score: float


class RawDetections:
    """Detections by recording, and what was wrong with the rows that could not be read.

    ``total`` counts all rows of the file. ``verdict`` says what it means if something is wrong,
    ``numbers`` are names of the classes by number, if the user says what numbers mean, ``part`` is
    what to read of several results, ``names`` are EPIC-Kitchens' names of verbs and nouns.
    Formats whose numbers begin with 0 set ``is_from_0``.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        verdict: str = "these are no usable results",
        numbers: Mapping[int, str] | None = None,
        part: str | None = None,
        names: Mapping[str, Mapping[int, str]] | None = None,
    ) -> None:
        self.numbers, self.part, self.names = numbers, part, names or {}
        self.total, self.is_from_0 = 0, False
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
        self.total += 1
        if label is None:
            self.problems.add("no label", f"recording '{video}', {place}")
            label = UNNAMED
        rows = self.videos.setdefault(video, [])
        if not (isinstance(segment, list | tuple) and len(segment) == 2) or not (
            _is_number(segment[0]) and _is_number(segment[1])
        ):
            text = f"'segment' must be [start, end] in seconds, but got {segment!r:.60}"
            self.problems.add("malformed detection", f"recording '{video}', {place}: {text}")
        elif not _is_number(score):
            text = f"'score' must be a number, but got {score!r:.60}"
            self.problems.add("malformed detection", f"recording '{video}', {place}: {text}")
        elif not isinstance(label, str | int):
            text = f"'label' must be a name or a whole number, but got {label!r:.60}"
            self.problems.add("malformed detection", f"recording '{video}', {place}: {text}")
        elif not all(map(is_number, (*segment, score))):
            text = f"segment {list(segment)}, score {score}"
            self.problems.add("NaN or infinite number", f"recording '{video}', {place}: {text}")
        else:
            rows.append(RawDetection(segment[0], segment[1], label, score))

    def class_names(self) -> list[str] | None:
        """The names that occur, sorted; None if a label is a number that has no name."""
        labels = {row.label for rows in self.videos.values() for row in rows}
        if self.numbers is not None:
            numbers = ((label, _number(label)) for label in labels)
            labels = {label if n is None else self.numbers.get(n, label) for label, n in numbers}
        names = [label for label in labels if isinstance(label, str)]
        return sorted(names) if len(names) == len(labels) else None

    def table(self, classes: Sequence[str]) -> InstanceTable:
        """The rows with labels as numbers; those of unknown classes are noted as a problem.

        What numbers stand for: see :meth:`label_numbers`. ValueError: it is not clear.
        """
        label_of = self.label_numbers(classes)
        videos: dict[str, dict[str, list[Any]]] = {}
        unknown: dict[Any, list[str]] = {}
        for video, rows in self.videos.items():
            columns: dict[str, list[Any]] = dict(segments=[], labels=[], scores=[])
            for row in rows:
                if row.label not in label_of:
                    if row.label != UNNAMED:  # which is noted
                        unknown.setdefault(row.label, []).append(video)
                    continue
                columns["segments"].append((row.start, row.end))
                columns["labels"].append(label_of[row.label])
                columns["scores"].append(row.score)
            videos[video] = columns
        what = "of the annotations" if self.numbers is None else "that --classes names"
        for name, where in unknown.items():
            text = f"recording '{where[0]}': label {name!r:.60} is not a class {what}"
            more = f" (nor that of {len(where) - 1:,} more detections)" if len(where) > 1 else ""
            self.problems.add("unknown label", text + more, count=len(where))
        return InstanceTable.from_videos(videos)

    def label_numbers(self, classes: Sequence[str]) -> dict[str | int, int]:
        """Which class each label of the file is; labels of unknown classes are left out.

        A name is the class of that name. A number, as a number or as text, is the class that
        ``numbers`` gives it (one that ``classes`` lacks comes after their end); without them it is
        the class of that label, from 0, even beyond their end: what becomes of such classes is up
        to the protocol. Where classes are themselves called by numbers, a number is such a name or
        a label, whichever fits all numbers of the file; text is a name if it can be. ValueError:
        both fit and differ, or the numbers may count from 1.
        """
        labels = {row.label for rows in self.videos.values() for row in rows}
        label_of = {name: label for label, name in enumerate(classes)}
        if self.numbers is not None:
            for name in self.numbers.values():
                label_of.setdefault(name, len(label_of))
        found: dict[str | int, int] = {
            name: label for name, label in label_of.items() if name in labels
        }
        numbers = {label: n for label in labels if (n := _number(label)) is not None}
        if self.numbers is not None:
            named = {label: self.numbers.get(n, f"class_{n}") for label, n in numbers.items()}
            return {label: found[label] for label in found.keys() - named.keys()} | {
                label: label_of[name] for label, name in named.items() if name in label_of
            }
        if not numbers or all(isinstance(label, str) and label in found for label in numbers):
            return found
        as_names = {x: label_of[str(n)] for x, n in numbers.items() if str(n) in label_of}
        low, high = min(numbers.values()), max(numbers.values())
        span = f"{self.problems.source}: labels are numbers, {low} to {high}"
        if len(as_names) == len(numbers) and high < len(classes) and as_names != numbers:
            n = min(n for label, n in numbers.items() if as_names[label] != n)
            raise ValueError(
                f"{span}, and classes are called by numbers: {n} may be the class '{n}', or label "
                f"{n}, which is '{classes[n]}'. {SAY_WHAT}"
            )
        fits_from_1 = low >= 1 and high <= len(classes) and classes[0] not in NO_CLASS_0
        if fits_from_1 and not (found or as_names):
            if high == len(classes):
                raise ValueError(
                    f"{span}, but those of {len(classes)} classes are 0 to {high - 1}: they seem "
                    f"to count from 1. {SAY_WHAT}"
                )
            if not (self.is_from_0 or all(str(label).startswith("id_") for label in labels)):
                raise ValueError(
                    f"{span}, without 0 and {len(classes)}: {low} may be '{classes[low]}', counted "
                    f"from 0, or '{classes[low - 1]}', counted from 1. Say which by --classes "
                    "FILE: an annotation JSON counts from 0; else give a line "
                    f"'{low} {classes[low - 1]}' for each"
                )
        return found | (as_names if len(as_names) == len(numbers) else numbers)


NO_CLASS_0 = ("class_0", "class_0 (unused)")
"""What annotations without a ``label_id`` 0 call its class."""

SAY_WHAT = "Say what they are by --classes FILE, with a line '7 BaseballPitch' for each"
"""How to resolve what numbers mean."""


def _number(label: str | int) -> int | None:
    if isinstance(label, str):
        numbered = NUMBERED.fullmatch(label)
        label = int(numbered[1]) if numbered else -1
    return label if type(label) is int and 0 <= label < MOST_CLASSES else None  # True is none


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
