"""EPIC-Kitchens-100 tables: verb, noun or action of each narration.

The published ``EPIC_100_*.csv`` hold timestamps and class names; the ``c2_*.csv`` of the
localization challenge hold frames at 30 frames per second and class numbers.
"""

from collections.abc import Mapping
from pathlib import Path

from mmtal.preparation.importers.class_names import read_class_names
from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.durations import Lengths, read_lengths
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.subsets import subset_in_name
from mmtal.preparation.importers.tables import read_table
from mmtal.preparation.importers.times import to_seconds

KINDS = ("verb", "noun", "action")
FRAME_RATE = 30.0
"""Of the ``c2`` tables, whatever the frame rate of the video."""
COLUMNS = {
    "published": ("video_id", "start_timestamp", "stop_timestamp", "verb_class", "noun_class"),
    "challenge": ("video", "start", "stop", "verb", "noun"),
}
LENGTHS = {"published": "EPIC_100_video_info.csv", "challenge": "c2_video_lengths.csv"}


def matches(probe: Probe) -> bool:
    """Whether it has the narrations' columns."""
    return "narration_id" in probe.header and bool({"video", "video_id"} & set(probe.header))


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read one table. Class names and durations come from the published files beside it.

    ValueError: it is not one of the two tables, or ``--labels`` is missing.
    """
    table = read_table(source.path, collected)
    header = table.header
    layout = next((k for k, names in COLUMNS.items() if set(names) <= set(header)), None)
    if layout is None:
        raise ValueError(
            f"{source.path}: the columns {', '.join(COLUMNS['published'])} or "
            f"{', '.join(COLUMNS['challenge'])} are needed, but there is {', '.join(header)} "
            "(the test tables have no labels)"
        )
    kinds = options.choose(list(KINDS), what="kind", where=str(source.path))
    if len(kinds) > 1:
        raise ValueError("--labels must be one of verb, noun and action for EPIC-Kitchens")
    kind = kinds[0]
    parts = ["verb", "noun"] if kind == "action" else [kind]
    names = {part: _names(part, source.path, options, collected) for part in parts}
    subset = source.subset or subset_in_name(source.path)
    lengths = _lengths(source.path, layout, collected)
    video, start, stop, verb, noun = COLUMNS[layout]
    frames = layout == "challenge"
    unit = "frames" if frames else None
    for row in table.rows:
        values = row.values
        with collected.at(row.where):
            first, last = (to_seconds(values[k], unit=unit, fps=FRAME_RATE) for k in (start, stop))
            numbers = {"verb": int(values[verb]), "noun": int(values[noun])}
            length = lengths.get(values[video], Lengths())
            recording = collected.recording(
                values[video],
                where=row.where,
                subset=subset,
                duration=length.seconds(FRAME_RATE),
                fps=FRAME_RATE if frames else length.fps,
                group=values.get(options.group_column or "") or None,
            )
            label = " ".join(names[k].get(numbers[k], f"{k}_{numbers[k]}") for k in parts)
            label_id = None if kind == "action" else numbers[kind]
            collected.add(recording, first, last, label, label_id=label_id, where=row.where)


def _names(
    kind: str, table: Path, options: ImportOptions, collected: Collected
) -> Mapping[int, str]:
    if options.classes is not None and options.labels == (kind,):
        return options.classes
    path = table.parent / f"EPIC_100_{kind}_classes.csv"
    if not path.is_file():
        collected.note(f"no {path.name} beside {table}: classes are named {kind}_<number>")
        return {}
    collected.note(f"names of the {kind}s from {path}")
    return read_class_names(path)


def _lengths(table: Path, layout: str, collected: Collected) -> Mapping[str, Lengths]:
    path = table.parent / LENGTHS[layout]
    if not path.is_file():
        return {}
    collected.note(f"durations from {path}")
    return read_lengths(path)


FORMAT = Format("epic", "EPIC-Kitchens table", matches, read, takes=("labels",))
