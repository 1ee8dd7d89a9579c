"""The annotation JSON: ``database[video] = {subset, duration, fps, annotations: [...]}``.

Each annotation holds ``label``, ``segment`` [start, end] in seconds and usually ``label_id``; an
event without duration has a ``time`` in place of the segment, and is left out, with a notice,
unless a data set has a ``point_width``.
"""

import functools
import itertools
import logging
import math
import reprlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmtal.datasets.point_events import around, is_point, only_points, points_text, take_points
from mmtal.datasets.problems import Problems
from mmtal.datasets.segment_checks import clip_segment, segment_problem
from mmtal.utils.reading import is_number, read_json
from mmtal.utils.wording import counted

FORMAT = (
    '{"database": {"<recording>": {"subset": "training", "duration": 9.5, "fps": 30, '
    '"annotations": [{"label": "jump", "label_id": 0, "segment": [1.5, 4.0]}]}}}'
)

DUPLICATE_TOLERANCE = 1e-3
"""Seconds: nearer instances of a class are one; shorter instances are none (ActivityNet)."""

CLIPPED = "ends just outside the recording: clipped to it"

CLASS_ORDERS = ("occurring", "alphabetical")

MOST_CLASSES = 1_000_000
"""No data set has as many; a greater number would only make a table that fills the memory."""

_REPR = reprlib.Repr()  # looks at no more than is shown
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 110


class AnnotationFile:
    """An annotation JSON, read and checked for its format; ValueError names the place.

    With ``points``, its instances are the events without duration instead, as segments of
    ``width`` seconds around them, as far as the recording reaches to both sides; None: if it has
    nothing else.
    """

    def __init__(
        self, path: str | Path, *, points: bool | None = False, width: float = 0.0
    ) -> None:
        self.path = Path(path)
        self.database: dict[str, dict[str, Any]]
        self.database, repeated = read_database(self.path)
        if repeated:
            raise ValueError(
                f"{self.path}: recording '{repeated[0][0]}' occurs more than once, and JSON keeps "
                "only the last: take the others out or give them names of their own"
            )
        for video_id, entry in self.database.items():
            for index, expected, found in entry_problems(entry):
                where = f"recording '{video_id}'"
                if index is not None:
                    where += f", instance {index}"
                raise _malformed(self.path, where, expected, found)
        if only_points(self.database) if points is None else points:
            self._keep_points(width)
        self.num_points = sum(len(take_points(entry)) for entry in self.database.values())

    def _keep_points(self, width: float) -> None:
        """Replace the instances by the events; ValueError: a class has both, or there are none."""
        found = {name: take_points(entry) for name, entry in self.database.items()}
        events = {event["label"] for own in found.values() for event in own}
        actions = {a["label"] for e in self.database.values() for a in e.get("annotations", ())}
        if both := sorted(events & actions):
            raise ValueError(
                f"{self.path}: a class must have either segments or times, but "
                f"{', '.join(both[:5])} has both: give one kind another label"
            )
        if not events:
            raise ValueError(
                f"{self.path}: events without duration are wanted, but no instance has a 'time' "
                "in place of a segment"
            )
        for name, entry in self.database.items():
            end = entry.get("duration") or math.inf
            entry["annotations"] = [
                event | {"segment": around(event["time"], width, end)} for event in found[name]
            ]

    def recordings(self, subset: str | Sequence[str]) -> dict[str, dict[str, Any]]:
        """The entries of one or several subsets, whatever their case, in the order of the file.

        ValueError: the file has no recording of one of them.
        """
        if self.num_points and any(entry.get("annotations") for entry in self.database.values()):
            _notice(self.path, self.num_points)
        wanted = [subset] if isinstance(subset, str) else list(subset)
        present = Counter(entry["subset"] for entry in self.database.values())
        for name in wanted:
            if name.lower() not in map(str.lower, present):
                found = ", ".join(f"'{key}' ({count} recordings)" for key, count in present.items())
                raise ValueError(
                    f"{self.path}: subset '{name}' does not occur; set subset to one of "
                    f"{found or 'nothing: the database is empty'}"
                )
        names = {name.lower() for name in wanted}
        return {
            key: entry for key, entry in self.database.items() if entry["subset"].lower() in names
        }

    def check_instances(self, subset: str) -> None:
        """Refuse (ValueError) a subset without instances; the message counts those of all."""
        counts: dict[str, list[int]] = {}
        for entry in self.database.values():
            counts.setdefault(entry["subset"], []).append(len(entry.get("annotations", ())))
        if not any(sum(n) for name, n in counts.items() if name.lower() == subset.lower()):
            there = "; ".join(
                f"'{name}' {counted(sum(n), 'instance')} in {counted(len(n), 'recording')}"
                for name, n in counts.items()
            )
            raise ValueError(
                f"{self.path}: subset '{subset}' holds no instance to find: there are {there}"
            )

    def class_names(self, classes: Sequence[str] | int | str | None) -> list[str]:
        """The names of the classes by label, if these are the file's.

        ``classes`` are names; or their number, where classes without an instance in the file get
        the name ``class_<label>``; or None: all must occur in the file; or ``"occurring"`` or
        ``"alphabetical"``: those that occur, by id without the gaps, or by name. ValueError: names
        and ids of the file contradict each other or leave gaps.
        """
        if isinstance(classes, str):
            return self._occurring(classes)
        if classes is not None and not isinstance(classes, int):
            if len(set(classes)) != len(classes):
                raise ValueError(f"classes must be different names, but got {list(classes)}")
            return list(classes)
        names, conflicts = names_by_id(self.database)
        if conflicts:
            raise ValueError(f"{self.path}: {conflicts[0][1]}")
        if classes is None and not names and self.num_points:
            raise ValueError(
                f"{self.path}: all instances are events without duration ('time' in place of a "
                "segment), but segments are needed here. mmtal data suggest writes a config that "
                "learns events; mmtal results eval and mmtal explain take --tolerance"
            )
        if classes is None and not names:
            raise _malformed(self.path, "the file", "at least one instance with a label", {})
        number = len(names) if classes is None else classes
        unknown = sorted(label for label in names if not 0 <= label < number)
        if unknown:
            label = unknown[0]
            where = (
                "label ids must be 0 to K-1 without gaps" if classes is None else "unknown label"
            )
            raise ValueError(
                f"{self.path}: {where}, but label_id {label} ('{names[label]}') occurs with "
                f"{number} classes. Set classes to the number of classes or to their names"
            )
        taken = set(names.values())
        for label in set(range(number)) - names.keys():
            name = f"class_{label}"
            names[label] = f"{name} (unused)" if name in taken else name
        return [names[label] for label in range(number)]

    def _occurring(self, order: str) -> list[str]:
        if order not in CLASS_ORDERS:
            raise ValueError(
                f"classes must be names, their number, None or one of {CLASS_ORDERS}, but got "
                f"'{order}'"
            )
        if order == "alphabetical":  # OpenTAD's, whose ids are places in this list
            entries = self.database.values()
            return sorted({a["label"] for e in entries for a in e.get("annotations", ())})
        names, conflicts = names_by_id(self.database)
        if conflicts:
            raise ValueError(f"{self.path}: {conflicts[0][1]}")
        return [names[label] for label in sorted(names)]


def read_database(path: Path) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """The object ``database`` of an annotation JSON, its entries not yet checked.

    Also returned are name and entry of each recording that a later one of the same name has
    replaced. ValueError: it is not JSON, or has no database.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"annotation file '{path}' does not exist: check data_root and ann_file"
        )
    try:
        content = read_json(path, pairs=_object)
        if not isinstance(content, dict) or not isinstance(content.get("database"), dict):
            raise _malformed(path, "the file", "an object with an object 'database'", content)
    except ValueError as error:
        text = "Files of annotation tools and of other data sets are read by mmtal data import"
        raise ValueError(f"{error}. {text}") from error
    database = content["database"]
    return database, database.replaced if isinstance(database, _Repeating) else []


class _Repeating(dict[str, Any]):
    """A JSON object in which a name occurs more than once; ``replaced`` are all but the last."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        last = {name: index for index, (name, _) in enumerate(pairs)}
        self.replaced = [pair for index, pair in enumerate(pairs) if last[pair[0]] != index]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeating(pairs)


def entry_problems(entry: Any) -> Iterator[tuple[int | None, str, Any]]:
    """Number of the instance (None: the entry itself), what was expected, and what was found."""
    if not isinstance(entry, dict) or not isinstance(entry.get("subset"), str):
        yield None, "an object with a string 'subset'", entry
        if not isinstance(entry, dict):
            return
    for name in ("duration", "fps"):
        if entry.get(name) is not None and not (is_number(entry[name]) and entry[name] > 0):
            yield None, f"'{name}' to be a number > 0", entry[name]
    other = unread_list(entry)
    if other:
        yield None, f"a list 'annotations' (perhaps it is called '{other}')", sorted(entry)
    instances = entry.get("annotations", [])
    if not isinstance(instances, list):
        yield None, "'annotations' to be a list", instances
        return
    for index, instance in enumerate(instances):
        if not isinstance(instance, dict) or not isinstance(instance.get("label"), str):
            yield index, "an object with a string 'label'", instance
            if not isinstance(instance, dict):
                continue
        segment = instance.get("segment")
        if is_point(instance):
            if not is_number(instance["time"]):
                yield index, "'time' to be a number of seconds", instance["time"]
        elif not (isinstance(segment, list) and len(segment) == 2 and all(map(is_number, segment))):
            yield index, "'segment' to be [start, end] in seconds", segment
        number = instance.get("label_id", 0)
        if not isinstance(number, int) or number >= MOST_CLASSES:
            yield index, f"'label_id' to be a whole number below {MOST_CLASSES:,}", number


@functools.cache  # once, however often a run opens the file
def _notice(path: Path, count: int) -> None:
    print_log(f"{path}: {points_text(count)}", "current", logging.WARNING)


def unread_list(entry: Mapping[str, Any]) -> str | None:
    """The key of a list of objects in an entry that has no 'annotations': they may be called so."""
    if entry.get("annotations") is not None:
        return None
    lists = (name for name, value in entry.items() if isinstance(value, list) and value)
    return next((name for name in lists if isinstance(entry[name][0], dict | list)), None)


def names_by_id(
    database: Mapping[str, dict[str, Any]],
) -> tuple[dict[int, str], list[tuple[str | None, str]]]:
    """Names by label of the classes of a database whose entries are in the format, and conflicts.

    A conflict is the recording, where it is one, and what is wrong and how to fix it.
    """
    ids: dict[str, int] = {}
    without_id: set[str] = set()
    reported: set[tuple[str, int]] = set()
    conflicts: list[tuple[str | None, str]] = []
    for video_id, entry in database.items():
        for instance in entry.get("annotations", ()):
            label = instance["label"]
            if "label_id" not in instance:
                without_id.add(label)
            elif ids.setdefault(label, instance["label_id"]) != instance["label_id"]:
                if (label, instance["label_id"]) in reported:
                    continue
                reported.add((label, instance["label_id"]))
                text = (
                    f"recording '{video_id}' gives label '{label}' the label_id "
                    f"{instance['label_id']}, others give it {ids[label]}. Make them agree, "
                    "or set classes to the list of names"
                )
                conflicts.append((video_id, text))
    if not ids:
        return dict(enumerate(sorted(without_id))), conflicts
    for label in sorted(without_id - ids.keys()):
        text = (
            f"label '{label}' has no label_id, others have one. Add it, or set classes to the "
            "list of names"
        )
        conflicts.append((None, text))
    names: dict[int, str] = {}
    for label, number in ids.items():
        if names.setdefault(number, label) != label:
            text = (
                f"labels '{names[number]}' and '{label}' share the label_id {number}. Make them "
                "differ, or set classes to the list of names"
            )
            conflicts.append((None, text))
    return names, conflicts


def parse_instances(
    entry: dict[str, Any],
    *,
    where: str,
    labels: dict[str, int],
    duration: float,
    tolerance: float,
    remove_duplicates: bool,
    problems: Problems,
) -> tuple[np.ndarray, np.ndarray]:
    """Segments (N, 2) float32 in seconds and labels (N,) int64 of one recording.

    Segments that lie outside by no more than ``tolerance`` seconds are clipped; what is wrong goes
    to ``problems``, where ``where`` names the recording. With ``remove_duplicates``, instances that
    repeat another of their class, or are too short, within ``DUPLICATE_TOLERANCE`` are dropped.
    """
    kept: list[tuple[float, float, int]] = []
    for index, instance in enumerate(entry.get("annotations", ())):
        name, (start, end) = instance["label"], instance["segment"]
        case = f"{where}, instance {index} '{name}' [{start:g}, {end:g}] s"
        clipped = clip_segment(start, end, duration, tolerance=tolerance)
        if clipped != (start, end):
            problems.add(CLIPPED, case)
            start, end = clipped
        problem = segment_problem(start, end, duration)
        if problem == "segment outside the recording":
            problems.add(problem, f"{case}, duration {duration:g} s")
        elif problem:
            problems.add(problem, case)
        if name not in labels:
            problems.add("unknown label", case)
        else:
            kept.append((start, end, labels[name]))
    if remove_duplicates:
        repeated = repeated_instances(kept)
        kept = [
            (start, end, label)
            for index, (start, end, label) in enumerate(kept)
            if end - start >= DUPLICATE_TOLERANCE and index not in repeated
        ]
    segments = np.array([item[:2] for item in kept], dtype=np.float32).reshape(-1, 2)
    return segments, np.array([item[2] for item in kept], dtype=np.int64)


def repeated_instances(instances: Sequence[tuple[float, float, Any]]) -> dict[int, int]:
    """Instances (start, end, label) that repeat an earlier one within ``DUPLICATE_TOLERANCE``.

    Returned is the index of the earlier one by that of the repetition.
    """
    width = 2 * DUPLICATE_TOLERANCE
    kept: dict[tuple[Any, float, float], list[int]] = {}
    repeated: dict[int, int] = {}
    for index, (start, end, label) in enumerate(instances):
        cell = (start // width, end // width)
        near = itertools.chain.from_iterable(
            kept.get((label, cell[0] + i, cell[1] + j), ()) for i in (-1, 0, 1) for j in (-1, 0, 1)
        )
        for other in near:
            differences = abs(start - instances[other][0]), abs(end - instances[other][1])
            if max(differences) <= DUPLICATE_TOLERANCE:
                repeated[index] = other
                break
        else:
            kept.setdefault((label, *cell), []).append(index)
    return repeated


def _malformed(path: Path, where: str, expected: str, found: Any) -> ValueError:
    return ValueError(
        f"{path}: {where}: expected {expected}, but got {shorten(found)}. The format is {FORMAT}"
    )


def shorten(found: Any) -> str:
    """A value as messages show it."""
    shown = _REPR.repr(found)
    return shown if len(shown) <= 100 else f"{shown[:100]}..."
