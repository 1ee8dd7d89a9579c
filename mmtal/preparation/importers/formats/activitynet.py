"""ActivityNet JSON, the format of mmtal's own annotation files (also MultiTHUMOS and THUMOS14)."""

from typing import Any

from mmtal.datasets.annotation_file import unread_list
from mmtal.preparation.importers import writing
from mmtal.preparation.importers.collected import DETAILS, Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.times import in_seconds, to_positive
from mmtal.utils.reading import is_number

KNOWN = {"subset", "duration", "fps", "annotations", "group", "media"}


def matches(probe: Probe) -> bool:
    """Whether it is an object with ``database``."""
    return isinstance(probe.json, dict) and isinstance(probe.json.get("database"), dict)


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read ``database[recording] = {subset, duration, fps, annotations}``."""
    content = read_json(source.path)
    if not isinstance(content, dict) or not isinstance(content.get("database"), dict):
        raise ValueError(f"{source.path}: must hold an object 'database'")
    unused: set[str] = set()
    for name, entry in content["database"].items():
        where = f"{source.path}, recording '{name}'"
        if not isinstance(entry, dict):
            collected.error(where, f"must be an object, but got {entry!r:.60}")
            continue
        unused |= entry.keys() - KNOWN - {options.group_column}
        with collected.at(where):
            _add_entry(name, entry, where, source, options, collected)
    if unused:
        collected.note(f"{source.path}: keys not used: {', '.join(sorted(unused))}")


def _add_entry(
    name: str,
    entry: dict[str, Any],
    where: str,
    source: Source,
    options: ImportOptions,
    collected: Collected,
) -> None:
    group = entry.get(options.group_column or "group")
    fps = to_positive(entry.get("fps"), name="fps")
    recording = collected.recording(
        name,
        where=where,
        subset=source.subset or entry.get("subset"),
        duration=to_positive(entry.get("duration"), name="duration"),
        fps=fps,
        group=None if group is None else str(group),
        media=_media(entry.get("media")),
        once=True,
    )
    other = unread_list(entry)
    if other:
        raise ValueError(f"has no 'annotations', but a list '{other}': call it 'annotations'")
    instances = entry.get("annotations") or []
    if not isinstance(instances, list):
        raise ValueError(f"'annotations' must be a list, but got {instances!r:.60}")
    for index, instance in enumerate(instances):
        place = f"{where}, instance {index}"
        with collected.at(place):
            segment = instance.get("segment") if isinstance(instance, dict) else None
            point = segment is None and "time" in (instance or {})
            if point:
                segment = [instance["time"]] * 2
            if not (isinstance(segment, list) and len(segment) == 2):
                raise ValueError(f"'segment' must be two times, but got {segment!r:.60}")
            start, end = (in_seconds(t, options.unit, fps or options.fps) for t in segment)
            label, label_id = instance.get("label"), instance.get("label_id")
            details = {name: _detail(name, instance.get(name)) for name in DETAILS}
            collected.add(
                recording, start, end, label, label_id=label_id, where=place, point=point, **details
            )


def _media(value: Any) -> dict[str, float | None] | None:
    """Files and their seconds, of which some may not be known."""
    if not isinstance(value, dict):  # what others call so
        return None
    return {path: to_positive(length, name="media") for path, length in value.items()}


def _detail(name: str, value: Any) -> Any:
    """A text, or a number for the score; None is what others call so."""
    if name == "score" or not isinstance(value, int | float):
        return value if is_number(value) or (isinstance(value, str) and name != "score") else None
    return str(value)


FORMAT = Format(
    "activitynet",
    "ActivityNet JSON",
    matches,
    read,
    write=writing.to_json,
    ending=".json",
    takes=("unit",),
)
