"""Summarize an import for the terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mmtal.preparation.importers.importing import Imported
from mmtal.utils.wording import text_table

Database = Mapping[str, Mapping[str, Any]]


def format_summary(imported: Imported, database: Database) -> str:
    """Recordings, hours, instances and classes of each written subset; what was left out; notes."""
    rows = [["subset", "recordings", "hours", "instances", "classes", "no instance"]]
    names = _subsets(database)
    for name in [*names, *(["all"] if len(names) > 1 else [])]:
        entries = [e for e in database.values() if name in ("all", e["subset"])]
        known = [e["duration"] for e in entries if "duration" in e]
        hours = f"{sum(known) / 3600:.2f}" if known else "?"
        labels = [i["label"] for e in entries for i in e["annotations"]]
        empty = sum(not e["annotations"] for e in entries)
        rows.append(
            [
                name,
                str(len(entries)),
                hours + ("+" if known and len(known) < len(entries) else ""),
                str(len(labels)),
                str(len(set(labels))),
                str(empty),
            ]
        )
    lines = [f"read as: {', '.join(imported.formats)}", text_table(rows)]
    if imported.dropped:
        left_out = [[reason, str(number)] for reason, number in imported.dropped.items()]
        lines.append(text_table([["left out", "rows"], *left_out]))
    return "\n".join([*lines, *(f"note: {note}" for note in imported.notes)])


def describe_subsets(database: Database) -> dict[str, dict[str, Any]]:
    """Recordings, seconds that are known, and instances by class of each subset."""
    return {
        name: {
            "recordings": len(entries),
            "seconds": sum(entry.get("duration", 0) for entry in entries),
            "instances": dict(sorted(_instances(database, name).items())),
        }
        for name in _subsets(database)
        if (entries := [entry for entry in database.values() if entry["subset"] == name])
    }


def format_split(databases: Sequence[Database], titles: Sequence[str]) -> str:
    """Instances of each class in each part, and warnings of classes that a part lacks.

    Parts are the subsets of one database, or the validation subsets of folds.
    """
    folds = len(databases) > 1
    parts = [
        (title, databases[k] if folds else databases[0], "validation" if folds else title)
        for k, title in enumerate(titles)
    ]
    counts = [_instances(database, subset) for _, database, subset in parts]
    recordings = [
        sum(entry["subset"] == subset for entry in database.values())
        for _, database, subset in parts
    ]
    labels = sorted(set().union(*counts))
    rows = [["class", *titles]]
    rows += [[label, *(str(count[label]) for count in counts)] for label in labels]
    rows.append(["all instances", *(str(sum(count.values())) for count in counts)])
    rows.append(["recordings", *map(str, recordings)])
    lines = [text_table(rows)]
    for title, count in zip(titles, counts, strict=True):
        absent = [label for label in labels if not count[label]]
        if absent:
            shown = ", ".join(f"'{label}'" for label in absent[:5])
            more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
            lines.append(f"warning: {title} has no instance of {shown}{more}")
    return "\n".join(lines)


def _instances(database: Database, subset: str) -> Counter[str]:
    entries = (entry for entry in database.values() if entry["subset"] == subset)
    return Counter(i["label"] for entry in entries for i in entry["annotations"])


def _subsets(database: Database) -> list[str]:
    return list(dict.fromkeys(entry["subset"] for entry in database.values()))
