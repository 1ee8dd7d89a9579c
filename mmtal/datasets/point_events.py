"""Events without duration: instances with a ``time`` in place of a ``segment``, in seconds."""

from collections.abc import Mapping
from typing import Any

from mmtal.utils.wording import counted

LEAST_HALF = 2e-3
"""Seconds to each side of an event at the end of a recording: what is shorter is no instance."""


def around(time: float, width: float, end: float) -> list[float]:
    """A segment whose middle is the time: narrower than ``width`` at the ends of the recording."""
    half = max(min(width / 2, time, end - time), min(width / 2, LEAST_HALF))
    return [time - half, time + half]


def is_point(instance: Any) -> bool:
    """Whether an instance is an event without duration."""
    return isinstance(instance, dict) and instance.get("segment") is None and "time" in instance


def only_points(database: Mapping[str, Any]) -> bool:
    """Whether there are events without duration only; entries need not be in the format."""
    lists = [e.get("annotations") for e in database.values() if isinstance(e, dict)]
    instances = [i for own in lists if isinstance(own, list) for i in own if isinstance(i, dict)]
    return any(map(is_point, instances)) and all(i.get("segment") is None for i in instances)


def times_of(instance: Mapping[str, Any]) -> list[float]:
    """Start and end in seconds; of an event without duration its time twice."""
    return [instance["time"]] * 2 if is_point(instance) else instance["segment"]


def extent(start: float, end: float) -> dict[str, Any]:
    """Where a prediction lies, as instances say it, to 0.1 ms: one without duration has a time."""
    if start == end:
        return {"time": round(start, 4)}
    return {"segment": [round(start, 4), round(end, 4)]}


def take_points(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the events without duration out of an entry in the format."""
    instances = entry.get("annotations") or []
    points = [instance for instance in instances if is_point(instance)]
    if points:
        entry["annotations"] = [instance for instance in instances if not is_point(instance)]
    return points


def points_text(count: int) -> str:
    """What is said of events without duration that are left out."""
    return (
        f"{counted(count, 'event')} without duration ('time' in place of a segment) left out: "
        "training and evaluation are on segments, unless the data set has a point_width"
    )
