"""Write the imported database as an annotation JSON or as a table."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmtal.preparation.importers.collected import DETAILS
from mmtal.utils.files import write_text

COLUMNS = {"subset": "subset", "duration": "recording_duration", "fps": "fps", "group": "group"}
"""Column of the table for each key of a recording."""
KEYS = {"event_time": "time"}
"""Likewise of an instance, where the two differ."""


def write_annotations(path: Path, database: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a database, as a table if the path ends in ``.csv`` or ``.tsv``, else as JSON.

    ValueError: the path has another ending.
    """
    if path.suffix == ".json":
        write_text(path, to_json(database))
    elif path.suffix in (".csv", ".tsv"):
        write_text(path, to_table(database, "," if path.suffix == ".csv" else "\t"))
    else:
        raise ValueError(f"--out must end in .json, .csv or .tsv, but got '{path}'")


def to_json(database: Mapping[str, Mapping[str, Any]]) -> str:
    """An annotation JSON with a line for each recording."""
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in database.items()]
    return '{"database": {\n' + ",\n".join(lines) + "\n}}\n"


def to_table(database: Mapping[str, Mapping[str, Any]], delimiter: str) -> str:
    """A row for each instance; a recording without instances has a row without times.

    Numbers are written so that reading them again gives the same numbers.
    """
    keys = [key for key in COLUMNS if any(key in entry for entry in database.values())]
    instances = [i for entry in database.values() for i in entry["annotations"]]
    details = [
        name
        for name in ("event_time", *DETAILS)
        if any(KEYS.get(name, name) in i for i in instances)
    ]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(
        [
            "recording",
            "start",
            "end",
            "label",
            "label_id",
            *(COLUMNS[key] for key in keys),
            *details,
        ]
    )
    for name, entry in database.items():
        rest = [entry.get(key, "") for key in keys]
        for instance in entry["annotations"]:
            start, end = instance.get("segment", ("", ""))
            number = instance.get("label_id", "")
            more = [instance.get(KEYS.get(key, key), "") for key in details]
            writer.writerow([name, start, end, instance["label"], number, *rest, *more])
        if not entry["annotations"]:
            writer.writerow([name, "", "", "", "", *rest, *("" for _ in details)])
    return text.getvalue()
