"""Formats that can be written, and their requirements."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmtal.datasets.problems import Problems
from mmtal.results.submissions import activitynet, ego4d, epic_kitchens, thumos
from mmtal.results.submissions.official_list import OfficialList, Submission

ACTIVITYNET_CLASSES = "696d49925655f5eed8193567e4d3a46bb1cef31a31768a959cc415c599dce2b8"
"""SHA-256 of the sorted names of ActivityNet 1.3's 200 classes, one per line."""
ACTIVITYNET_COUNT = 200
"""Number of its classes, and of those of HACS."""
EGO4D_COUNT = 110
"""Number of the classes of Ego4D Moment Queries."""


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
    own = submission
    activitynet.write(path, own.detections, own.classes, external_data=own.external_data)


def _is_action(name: str, official: OfficialList | None) -> bool:
    return epic_kitchens.numbers_of(name, official.names if official else {}) is not None


def _is_moment(name: str, official: OfficialList | None) -> bool:
    known = official.annotated_classes if official else frozenset()
    return len(known) < EGO4D_COUNT or name in known  # a list that is not whole decides nothing


def _taxonomy(benchmark: str, sha256: str = "") -> Callable[[OfficialList, Problems], None]:
    """What notes a list of recordings with other classes than a benchmark's 200."""

    def check(official: OfficialList, problems: Problems) -> None:
        found = official.classes or ()
        names = "\n".join(sorted(found))
        same = not sha256 or hashlib.sha256(names.encode()).hexdigest() == sha256
        if official.classes is not None and not (same and len(found) == ACTIVITYNET_COUNT):
            problems.add(
                "wrong taxonomy",
                f"{benchmark} has {ACTIVITYNET_COUNT} classes, but {official.source} has "
                f"{len(found)}, such as {', '.join(found[:3])}",
            )

    return check


_ALL = (
    Target("results", "results JSON", _write_results, fixes=("missing",)),
    Target(
        "activitynet", "ActivityNet 1.3 submission", _write_activitynet,
        taxonomy=_taxonomy("ActivityNet 1.3", ACTIVITYNET_CLASSES),
    ),
    Target("hacs", "HACS submission", _write_activitynet, taxonomy=_taxonomy("HACS")),
    Target(
        "epic", "EPIC-Kitchens C2 submission", epic_kitchens.write, "epic", has_class=_is_action
    ),
    Target(
        "ego4d", "Ego4D Moment Queries submission", ego4d.write, "ego4d", has_class=_is_moment
    ),
    Target(
        "thumos", "THUMOS14 detection text", thumos.write, "thumos", decimals=thumos.DECIMALS,
        has_class=lambda name, _: name in thumos.CLASS_IDS,
    ),
)  # fmt: skip
TARGETS = {target.name: target for target in _ALL}
