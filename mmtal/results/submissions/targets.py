"""Formats that can be written, and their requirements."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmtal.datasets.problems import Problems
from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions import activitynet, ego4d, epic_kitchens, thumos
from mmtal.results.submissions.official_list import OfficialList

ACTIVITYNET_CLASSES = "696d49925655f5eed8193567e4d3a46bb1cef31a31768a959cc415c599dce2b8"
"""SHA-256 of the sorted names of ActivityNet 1.3's 200 classes, one per line."""
ACTIVITYNET_COUNT = 200
"""Number of its classes, and of those of HACS."""
EGO4D_COUNT = 110
"""Number of the classes of Ego4D Moment Queries."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is written.

    Attributes:
        detections: The M detections, times in seconds.
        classes: Names by label.
        official: The recordings that it must be about, if they are known.
        levels: EPIC-Kitchens' declared levels of supervision.
        external_data: ActivityNet's and HACS's declared use of other data.
        retrieved: Ego4D's detections for recall, and names by their labels.
        source: Where the detections came from, for our own format.
    """

    detections: InstanceTable
    classes: Sequence[str]
    official: OfficialList | None = None
    levels: Sequence[int] = ()
    external_data: str | None = None
    retrieved: tuple[InstanceTable, Sequence[str]] | None = None
    source: str = ""


@dataclass(frozen=True)
class Target:
    """A format that can be written.

    Attributes:
        name: As the user writes it.
        title: What it is.
        write: Writes a file.
        read_as: Name of the format that reads it.
        decimals: Of the times; None: they stay as they are.
        fixes: Keys of ``FIXES`` that are fixed unasked.
        has_class: Whether a class of this name can be written; None: any can.
        taxonomy: Notes what is wrong with the classes of the recordings' list.
    """

    name: str
    title: str
    write: Callable[[Path, Submission], None]
    read_as: str = "activitynet"
    decimals: int | None = None
    fixes: tuple[str, ...] = ()
    has_class: Callable[[str, OfficialList | None], bool] | None = None
    taxonomy: Callable[[OfficialList, Problems], None] | None = None


def _write_results(path: Path, submission: Submission) -> None:
    extra = {"mmtal": {"converted_from": submission.source}}
    activitynet.write(
        path, submission.detections, submission.classes, version="mmtal 1", extra=extra
    )


def _write_activitynet(path: Path, submission: Submission) -> None:
    text = submission.external_data
    declared = {} if text is None else {"used": True, "details": text}
    activitynet.write(path, submission.detections, submission.classes, external_data=declared)


def _write_epic(path: Path, submission: Submission) -> None:
    epic_kitchens.write(
        path,
        submission.detections,
        submission.classes,
        names=submission.official.names if submission.official else {},
        levels=submission.levels,
    )


def _write_ego4d(path: Path, submission: Submission) -> None:
    ego4d.write(path, submission.detections, submission.classes, retrieved=submission.retrieved)


def _write_thumos(path: Path, submission: Submission) -> None:
    thumos.write(path, submission.detections, submission.classes)


def _is_thumos_class(name: str, official: OfficialList | None) -> bool:
    return name in thumos.CLASS_IDS


def _is_action(name: str, official: OfficialList | None) -> bool:
    return epic_kitchens.numbers_of(name, official.names if official else {}) is not None


def _is_moment(name: str, official: OfficialList | None) -> bool:
    known = official.annotated_classes if official else frozenset()
    return len(known) < EGO4D_COUNT or name in known  # a list that is not whole decides nothing


def _activitynet_taxonomy(official: OfficialList, problems: Problems) -> None:
    names = sorted(official.classes or ())
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
    if official.classes is not None and digest != ACTIVITYNET_CLASSES:
        _note_taxonomy(official, "ActivityNet 1.3", ACTIVITYNET_COUNT, problems)


def _hacs_taxonomy(official: OfficialList, problems: Problems) -> None:
    if official.classes is not None and len(official.classes) != ACTIVITYNET_COUNT:
        _note_taxonomy(official, "HACS", ACTIVITYNET_COUNT, problems)


def _note_taxonomy(official: OfficialList, name: str, count: int, problems: Problems) -> None:
    found = official.classes or ()
    problems.add(
        "wrong taxonomy",
        f"{name} has {count} classes, but {official.source} has {len(found)}, such as "
        f"{', '.join(found[:3])}",
    )


TARGETS = {
    entry.name: entry
    for entry in (
        Target("results", "results JSON", _write_results, fixes=("missing",)),
        Target(
            "activitynet",
            "ActivityNet 1.3 submission",
            _write_activitynet,
            taxonomy=_activitynet_taxonomy,
        ),
        Target("hacs", "HACS submission", _write_activitynet, taxonomy=_hacs_taxonomy),
        Target("epic", "EPIC-Kitchens C2 submission", _write_epic, "epic", has_class=_is_action),
        Target(
            "ego4d",
            "Ego4D Moment Queries submission",
            _write_ego4d,
            "ego4d",
            has_class=_is_moment,
        ),
        Target(
            "thumos",
            "THUMOS14 detection text",
            _write_thumos,
            "thumos",
            decimals=thumos.DECIMALS,
            has_class=_is_thumos_class,
        ),
    )
}
