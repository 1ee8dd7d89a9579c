"""ActivityNet JSON, the format of mmtal's own annotation files (also MultiTHUMOS and THUMOS14)."""

from typing import Any

from mmtal.preparation.importers.collected import Collected, Recording
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.times import NUMBER
from mmtal.preparation.importers.values import is_name, is_number

KNOWN = {"subset", "duration", "fps", "annotations", "group"}


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
        numbers = {}
        for key in ("duration", "fps"):
            value = entry.get(key)
            if isinstance(value, str) and NUMBER.fullmatch(value):  # as HACS publishes it
                value = float(value)
            if value is not None and not (is_number(value) and value > 0):
                collected.error(where, f"'{key}' must be a number > 0, but got {value!r:.60}")
                value = None
            numbers[key] = value
        subset, group = entry.get("subset"), entry.get(options.group_column or "group")
        recording = collected.recording(
            name,
            where=where,
            subset=source.subset or subset,
            group=None if group is None else str(group),
            once=True,
            **numbers,
        )
        instances = entry.get("annotations") or []
        if not isinstance(instances, list):
            collected.error(where, f"'annotations' must be a list, but got {instances!r:.60}")
            continue
        for index, instance in enumerate(instances):
            _add(recording, instance, f"{where}, instance {index}", collected)
    if unused:
        collected.note(f"{source.path}: keys not used: {', '.join(sorted(unused))}")


def _add(recording: Recording, instance: Any, where: str, collected: Collected) -> None:
    segment = instance.get("segment") if isinstance(instance, dict) else None
    if not (isinstance(segment, list) and len(segment) == 2 and all(map(is_number, segment))):
        collected.error(where, f"'segment' must be two times in seconds, but got {segment!r:.60}")
        return
    label, label_id = instance.get("label"), instance.get("label_id")
    if not is_name(label):
        collected.error(where, f"'label' must be a name, but got {label!r:.60}")
    elif label_id is not None and not (type(label_id) is int and label_id >= 0):
        collected.error(where, f"'label_id' must be a whole number >= 0, but got {label_id!r:.60}")
    else:
        start, end = segment
        collected.add(recording, start, end, label, label_id=label_id, where=where)
