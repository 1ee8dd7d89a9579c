"""Charades: the published tables, and the JSON that is common for localization."""

import re

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.subsets import subset_in_name
from mmtal.preparation.importers.tables import read_table
from mmtal.preparation.importers.times import in_seconds, to_number, to_positive

ACTION = re.compile(r"c(\d{3})\s+(\S+)\s+(\S+)")


def matches(probe: Probe) -> bool:
    """Whether it is ``{recording: {actions: [[class, start, end], ...]}}`` or has the columns."""
    if isinstance(probe.json, dict) and probe.json:
        entries = probe.json.values()
        return all(isinstance(entry, dict) and "actions" in entry for entry in entries)
    return {"id", "actions", "length"} <= set(probe.header)


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read one of the two; classes are named ``c000`` to ``c156`` unless ``--classes`` is given."""
    if Probe(source.path).json is not None:
        _read_json(source, options, collected)
    else:
        _read_table(source, options, collected)


def _read_json(source: Source, options: ImportOptions, collected: Collected) -> None:
    for name, entry in read_json(source.path).items():
        where = f"{source.path}, recording '{name}'"
        if not isinstance(entry, dict) or not isinstance(entry.get("actions"), list):
            collected.error(where, "must be an object with a list 'actions'")
            continue
        with collected.at(where):
            recording = collected.recording(
                name,
                where=where,
                subset=source.subset or entry.get("subset"),
                duration=to_positive(entry.get("duration"), name="duration"),
                once=True,
            )
            for index, action in enumerate(entry["actions"]):
                place = f"{where}, action {index}"
                with collected.at(place):
                    if not (
                        isinstance(action, list) and len(action) == 3 and type(action[0]) is int
                    ):
                        raise ValueError(f"must be [class, start, end], but got {action!r:.60}")
                    start, end = (in_seconds(t, options.unit, options.fps) for t in action[1:])
                    label, label_id = _label(action[0], options), action[0]
                    collected.add(recording, start, end, label, label_id=label_id, where=place)


def _read_table(source: Source, options: ImportOptions, collected: Collected) -> None:
    subset = source.subset or subset_in_name(source.path)
    for row in read_table(source.path, collected).rows:
        values = row.values
        with collected.at(row.where):
            recording = collected.recording(
                values["id"],
                where=row.where,
                subset=subset,
                duration=to_positive(values["length"], name="length"),
                group=values.get(options.group_column or "") or None,
                once=True,
            )
            for text in filter(None, values["actions"].split(";")):
                action = ACTION.fullmatch(text.strip())
                if action is None:
                    raise ValueError(f"an action must be 'c092 11.90 21.20', but got '{text:.60}'")
                start, end = to_number(action[2]), to_number(action[3])
                label_id = int(action[1])
                label = _label(label_id, options)
                collected.add(recording, start, end, label, label_id=label_id, where=row.where)


def _label(label_id: int, options: ImportOptions) -> str:
    return (options.classes or {}).get(label_id, f"c{label_id:03d}")


FORMAT = Format("charades", "Charades JSON or table", matches, read, takes=("unit",))
