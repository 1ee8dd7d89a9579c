"""Tiers of an annotation tool, in which nothing overlaps."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

OURS = re.compile(r"(?:(.+) )?(actions|events)(?: \d+)?")
"""Names of the tiers that are written: subject, kind, and a number where instances overlap."""

Instance = Mapping[str, Any]


class Tier(NamedTuple):
    """Instances in the order of time, of which none overlap; or events without duration."""

    name: str
    subject: str
    points: bool
    instances: Sequence[Instance]


def span(instance: Instance) -> tuple[float, float]:
    """Start and end of an instance; of an event without duration, its time twice."""
    start, end = instance["segment"] if "segment" in instance else [instance["time"]] * 2
    return float(start), float(end)


def whole_span(instance: Instance, parts: int) -> tuple[int, int]:
    """Start and end in whole ``parts`` of a second; what is shorter than one lasts one.

    What has no length must stay told from what is short.
    """
    start, end = (round(time * parts) for time in span(instance))
    return (start, max(end, start + 1)) if "segment" in instance else (start, start)


def lanes(instances: Iterable[Instance]) -> list[list[Instance]]:
    """As few lists as there are instances at once, each in the order of time."""
    found: list[list[Instance]] = []
    for instance in sorted(instances, key=span):
        start, end = span(instance)
        free = (lane for lane in found if span(lane[-1])[1] <= start and span(lane[-1])[0] < end)
        lane = next(free, None)
        if lane is None:
            found.append([instance])
        else:
            lane.append(instance)
    return found


def tiers(entry: Mapping[str, Any]) -> list[Tier]:
    """The tiers of a recording: of each subject, and of segments and events each."""
    found = []
    subjects = dict.fromkeys(i.get("subject", "") for i in entry["annotations"])
    for subject in subjects:
        for kind, points in (("actions", False), ("events", True)):
            own = [
                i
                for i in entry["annotations"]
                if i.get("subject", "") == subject and ("segment" not in i) == points
            ]
            for number, lane in enumerate(lanes(own), start=1):
                name = f"{subject} {kind}".strip() + (f" {number}" if number > 1 else "")
                found.append(Tier(name, subject, points, lane))
    return found


def subject_of(tier: str) -> str:
    """The subject in the name of a tier that was written by :func:`tiers`; else empty."""
    match = OURS.fullmatch(tier)
    return (match[1] or "") if match else ""
