"""Recordings, durations and classes of a benchmark's own files, and what is submitted to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.preparation.importers.class_names import read_class_names
from mmtal.results.instance_table import InstanceTable


@dataclass(frozen=True)
class OfficialList:
    """The recordings that a submission must be about.

    Attributes:
        source: File that says so.
        durations: Of each recording in seconds, None where the file lacks it.
        classes: Names by label, where the file says all of them.
        annotated_classes: Names that occur in it; perhaps not all that there are.
        starts: For Ego4D: seconds by which a recording of our annotations begins before its clip.
        steps: For Ego4D: seconds of a feature stride; no recording overhangs its clip by more.
        names: For EPIC-Kitchens: ``verb`` and ``noun`` to names by number.
    """

    source: str
    durations: Mapping[str, float | None]
    classes: tuple[str, ...] | None = None
    annotated_classes: frozenset[str] = frozenset()
    starts: Mapping[str, float] = field(default_factory=dict)
    steps: Mapping[str, float] = field(default_factory=dict)
    names: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is written, and what the user should know of it.

    Attributes:
        detections: The M detections, times in seconds (for Ego4D of the clip).
        classes: Names by label.
        official: The recordings that it must be about, if they are known.
        levels: EPIC-Kitchens' and EPIC-Sounds' declared levels of supervision.
        modality: EPIC-Sounds' declared one: ``audio``, ``video`` or ``audio-video``.
        external_data: ActivityNet's and HACS's declared use of other data.
        retrieved: Ego4D's detections for recall, and names by their labels; None: the same.
        source: Where the detections came from, for our own format.
        source_format: Name of the format that they were in.
        notes: What was fixed, and what could not be checked.
    """

    detections: InstanceTable
    classes: Sequence[str]
    official: OfficialList | None = None
    levels: Sequence[int] = ()
    modality: str = "audio"
    external_data: str | None = None
    retrieved: tuple[InstanceTable, Sequence[str]] | None = None
    source: str = ""
    source_format: str = ""
    notes: Sequence[str] = ()


def read_annotation_list(path: Path, subset: str | None) -> OfficialList:
    """The recordings of a subset of an annotation JSON.

    ValueError: the file has several subsets, and none is chosen.
    """
    annotations = AnnotationFile(path, points=None)
    subsets = {entry["subset"].lower() for entry in annotations.database.values()}
    if subset is None and len(subsets) != 1:
        raise ValueError(f"{path}: choose one of its subsets with --subset: {sorted(subsets)}")
    chosen = subset or subsets.pop()
    durations = {v: e.get("duration") for v, e in annotations.recordings(chosen).items()}
    labeled = any(entry.get("annotations") for entry in annotations.database.values())
    classes = tuple(class_names(annotations)) if labeled else None
    return OfficialList(str(path), durations, classes=classes)


def read_class_numbers(path: Path) -> dict[int, str]:
    """Names of classes by number, from a file of class names or an annotation JSON.

    ValueError: it names no class.
    """
    if ".json" in path.suffixes:
        return dict(enumerate(class_names(AnnotationFile(path, points=None))))
    return read_class_names(path)


def read_names(path: Path) -> list[str]:
    """Names of classes by label, from a file of class names or an annotation JSON.

    Numbers that the file leaves out get the name ``class_<number>``, as in annotation files.
    ValueError: it names no class.
    """
    by_number = read_class_numbers(path)
    return [by_number.get(number, f"class_{number}") for number in range(max(by_number) + 1)]


def class_names(annotations: AnnotationFile) -> list[str]:
    """The classes by label of all subsets; one of the benchmark need not occur in the file."""
    everything = annotations.database.values()
    ids = [a["label_id"] for e in everything for a in e.get("annotations", ()) if "label_id" in a]
    return annotations.class_names(max(ids) + 1 if ids else None)
