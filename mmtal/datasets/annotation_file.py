"""The annotation JSON: ``database[video] = {subset, duration, fps, annotations: [...]}``.

Each annotation holds ``label``, ``segment`` [start, end] in seconds and usually ``label_id``.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.problems import Problems

FORMAT = (
    '{"database": {"<recording>": {"subset": "training", "duration": 9.5, "fps": 30, '
    '"annotations": [{"label": "jump", "label_id": 0, "segment": [1.5, 4.0]}]}}}'
)

DUPLICATE_TOLERANCE = 1e-3
"""Seconds: nearer instances of a class are one; shorter instances are none (ActivityNet)."""

OUTSIDE_TOLERANCE = 1e-6
"""Seconds that a segment may end after its recording: rounding, not a mistake."""


class AnnotationFile:
    """An annotation JSON, read and checked for its format.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not in the format; the message names the place.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(
                f"annotation file '{self.path}' does not exist: check data_root and ann_file"
            )
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{self.path}: is not JSON ({error})") from error
        if not isinstance(content, dict) or not isinstance(content.get("database"), dict):
            raise self._malformed("the file", "an object with an object 'database'", content)
        self.database: dict[str, dict] = content["database"]
        for video_id, entry in self.database.items():
            self._check_entry(video_id, entry)

    def recordings(self, subset: str | Sequence[str]) -> dict[str, dict]:
        """The entries of one or several subsets, in the order of the file.

        Args:
            subset: Names, compared without regard to case.

        Raises:
            ValueError: The file has no recording of one of them.
        """
        wanted = [subset] if isinstance(subset, str) else list(subset)
        present: dict[str, int] = {}
        for entry in self.database.values():
            present[entry["subset"]] = present.get(entry["subset"], 0) + 1
        known = {name.lower() for name in present}
        for name in wanted:
            if name.lower() not in known:
                found = ", ".join(f"'{key}' ({count} recordings)" for key, count in present.items())
                raise ValueError(
                    f"{self.path}: subset '{name}' does not occur; set subset to one of "
                    f"{found or 'nothing: the database is empty'}"
                )
        names = {name.lower() for name in wanted}
        return {
            key: entry for key, entry in self.database.items() if entry["subset"].lower() in names
        }

    def class_names(self, classes: Sequence[str] | int | None) -> list[str]:
        """The names of the classes by label.

        Args:
            classes: Names; or their number, where classes without an instance in the file get
                the name ``class_<label>``; or None: all must occur in the file.

        Raises:
            ValueError: Names and ids of the file contradict each other or leave gaps.
        """
        if classes is not None and not isinstance(classes, int):
            if len(set(classes)) != len(classes):
                raise ValueError(f"classes must be different names, but got {list(classes)}")
            return list(classes)
        names = self._names_by_id()
        if classes is None and not names:
            raise self._malformed("the file", "at least one instance with a label", {})
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

    def _names_by_id(self) -> dict[int, str]:
        ids: dict[str, int] = {}
        without_id = set()
        for video_id, entry in self.database.items():
            for instance in entry.get("annotations", ()):
                label = instance["label"]
                if "label_id" not in instance:
                    without_id.add(label)
                elif ids.setdefault(label, instance["label_id"]) != instance["label_id"]:
                    raise ValueError(
                        f"{self.path}: recording '{video_id}' gives label '{label}' the label_id "
                        f"{instance['label_id']}, others give it {ids[label]}. Make them agree, "
                        "or set classes to the list of names"
                    )
        if not ids:
            return dict(enumerate(sorted(without_id)))
        if without_id - ids.keys():
            raise ValueError(
                f"{self.path}: label '{min(without_id - ids.keys())}' has no label_id, others "
                "have one. Add it, or set classes to the list of names"
            )
        names: dict[int, str] = {}
        for label, number in ids.items():
            if names.setdefault(number, label) != label:
                raise ValueError(
                    f"{self.path}: labels '{names[number]}' and '{label}' share the label_id "
                    f"{number}. Make them differ, or set classes to the list of names"
                )
        return names

    def _check_entry(self, video_id: str, entry: Any) -> None:
        where = f"recording '{video_id}'"
        if not isinstance(entry, dict) or not isinstance(entry.get("subset"), str):
            raise self._malformed(where, "an object with a string 'subset'", entry)
        for name in ("duration", "fps"):
            if entry.get(name) is not None and not (_is_number(entry[name]) and entry[name] > 0):
                raise self._malformed(where, f"'{name}' to be a number > 0", entry[name])
        instances = entry.get("annotations", [])
        if not isinstance(instances, list):
            raise self._malformed(where, "'annotations' to be a list", instances)
        for index, instance in enumerate(instances):
            self._check_instance(f"{where}, instance {index}", instance)

    def _check_instance(self, where: str, instance: Any) -> None:
        if not isinstance(instance, dict) or not isinstance(instance.get("label"), str):
            raise self._malformed(where, "an object with a string 'label'", instance)
        segment = instance.get("segment")
        if not (isinstance(segment, list) and len(segment) == 2 and all(map(_is_number, segment))):
            raise self._malformed(where, "'segment' to be [start, end] in seconds", segment)
        if "label_id" in instance and not isinstance(instance["label_id"], int):
            raise self._malformed(where, "'label_id' to be a whole number", instance["label_id"])

    def _malformed(self, where: str, expected: str, found: Any) -> ValueError:
        shown = repr(found)
        return ValueError(
            f"{self.path}: {where}: expected {expected}, but got "
            f"{shown if len(shown) <= 100 else shown[:100] + '...'}. The format is {FORMAT}"
        )


def parse_instances(
    entry: dict,
    *,
    where: str,
    labels: dict[str, int],
    duration: float,
    remove_duplicates: bool,
    problems: Problems,
) -> tuple[np.ndarray, np.ndarray]:
    """The instances of one recording; what is wrong with them goes to ``problems``.

    Args:
        entry: Of the database, checked for its format.
        where: How messages name the recording.
        labels: Label of each class name.
        duration: Of the recording, in seconds.
        remove_duplicates: Drop instances that repeat another of their class, or are too short,
            within ``DUPLICATE_TOLERANCE``.
        problems: Gets a case for each bad segment and unknown label.

    Returns:
        Segments (N, 2) float32 in seconds, as they are in the file, and labels (N,) int64.
    """
    kept: list[tuple[float, float, int]] = []
    for index, instance in enumerate(entry.get("annotations", ())):
        name, (start, end) = instance["label"], instance["segment"]
        case = f"{where}, instance {index} '{name}' [{start:g}, {end:g}] s"
        if start > end:
            problems.add("reversed segment", case)
        elif start == end:
            problems.add("empty segment", case)
        elif start < -OUTSIDE_TOLERANCE or end > duration + OUTSIDE_TOLERANCE:
            problems.add("segment outside the recording", f"{case}, duration {duration:g} s")
        if name not in labels:
            problems.add("unknown label", case)
        else:
            kept.append((start, end, labels[name]))
    if remove_duplicates:
        kept = _without_duplicates(kept)
    segments = np.array([item[:2] for item in kept], dtype=np.float32).reshape(-1, 2)
    return segments, np.array([item[2] for item in kept], dtype=np.int64)


def _without_duplicates(
    instances: list[tuple[float, float, int]],
) -> list[tuple[float, float, int]]:
    kept: list[tuple[float, float, int]] = []
    for start, end, label in instances:
        repeats = any(
            label == other_label
            and abs(start - other_start) <= DUPLICATE_TOLERANCE
            and abs(end - other_end) <= DUPLICATE_TOLERANCE
            for other_start, other_end, other_label in kept
        )
        if end - start >= DUPLICATE_TOLERANCE and not repeats:
            kept.append((start, end, label))
    return kept


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
