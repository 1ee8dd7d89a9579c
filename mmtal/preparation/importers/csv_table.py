"""CSV and TSV: a row for each instance; the first line names the columns."""

import re
from collections.abc import Mapping

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.options import UNIT_WORDS, ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import (
    Row,
    header_of,
    read_rows,
    read_text,
    require_different,
)
from mmtal.preparation.importers.times import to_positive, to_seconds

NEEDED = ("recording", "start", "end", "label")
ROLES = (*NEEDED, "label_id", "subset", "duration", "fps")
ALIASES = {
    "recording": "recording recording_id recording_name video video_id video_name videoid "
    "videoname vid clip clip_id clip_name file file_name filename session",
    "start": "start begin onset from",
    "end": "end stop finish offset to until",
    "label": "label label_name labels class class_name action action_name activity category event "
    "event_type behavior behavior",
    "label_id": "label_id class_id action_id category_id activity_id",
    "subset": "subset split partition",
    # a plain "duration" is that of the instance in many tables
    "duration": "recording_duration video_duration",
    "fps": "fps frame_rate framerate",
}


def role_of(column: str) -> tuple[str | None, str | None]:
    """What a column holds by its name, and its unit if that is a time: (role, unit)."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower()
    parts = [part for part in re.split(r"[^a-z0-9]+", words) if part]
    name = "_".join(parts)
    for role, names in ALIASES.items():
        if name in names.split():
            return role, None
    units = {UNIT_WORDS[part] for part in parts if part in UNIT_WORDS}
    rest = [part for part in parts if part not in (*UNIT_WORDS, "t", "time", "timestamp", "in")]
    for role in ("start", "end"):
        if len(units) < 2 and len(rest) == 1 and rest[0] in ALIASES[role].split():
            return role, units.pop() if units else None
    return None, None


def matches(probe: Probe) -> bool:
    """Whether the first line names recording, start, end and label.

    EPIC-Kitchens' tables do, too, but in frames that only its own reader understands.
    """
    if "narration_id" in probe.header:
        return False
    roles = [role_of(column)[0] for column in probe.header]
    return set(NEEDED) <= set(roles)


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read a table. A row with neither start, end nor label is a recording without instances.

    ValueError: the columns cannot be recognized.
    """
    header, _ = header_of(read_text(source.path))
    columns = find_columns(header, options.columns, where=str(source.path))
    units = {role: options.unit or role_of(columns[role])[1] for role in ("start", "end")}
    if options.group_column and options.group_column not in header:
        raise ValueError(
            f"{source.path}: no column '{options.group_column}' (--group); there is "
            + ", ".join(header)
        )
    group = options.group_column or "group"
    ignored = [name for name in header if name not in (*columns.values(), group)]
    if ignored:
        collected.note(f"{source.path}: columns not used: {', '.join(ignored)}")
    whole = True
    for row in read_rows(source.path, collected):
        get = {role: row.values[column] for role, column in columns.items()}
        with collected.at(row.where):
            _add_row(row, get, units, source, options, collected)
        whole = whole and all(re.fullmatch(r"\d*", get[role]) for role in ("start", "end"))
    if whole and units == {"start": None, "end": None} and collected.recordings:
        collected.note(
            f"{source.path}: all times are whole numbers and were taken as seconds; if they are "
            "frames, add --unit frames --fps N"
        )


def find_columns(header: list[str], given: Mapping[str, str], *, where: str) -> dict[str, str]:
    """The column of each role, by the names given or else by usual names.

    ValueError: a needed column is missing, or several could be meant.
    """
    require_different(header, where=where)
    unknown = [role for role in given if role not in ROLES]
    if unknown:
        raise ValueError(f"--columns {unknown[0]}=...: must be one of {', '.join(ROLES)}")
    found = {}
    for role in ROLES:
        if role in given:
            if given[role] not in header:
                raise ValueError(
                    f"{where}: no column '{given[role]}' (--columns {role}=...); there is "
                    + ", ".join(header)
                )
            found[role] = given[role]
            continue
        fitting = [c for c in header if role_of(c)[0] == role and c not in given.values()]
        if len(fitting) > 1:
            raise ValueError(
                f"{where}: the columns {' and '.join(repr(c) for c in fitting)} could both be the "
                f"{role}; choose with --columns {role}='{fitting[0]}'"
            )
        if fitting:
            found[role] = fitting[0]
        elif role in NEEDED:
            raise ValueError(
                f"{where}: no column for the {role}: the first line must name {', '.join(NEEDED)}, "
                f"but is {', '.join(header)}. Name it with --columns {role}=NAME"
            )
    return found


def _add_row(
    row: Row,
    get: dict[str, str],
    units: dict[str, str | None],
    source: Source,
    options: ImportOptions,
    collected: Collected,
) -> None:
    duration, fps = (to_positive(get.get(k), name=k) for k in ("duration", "fps"))
    label_id = get.get("label_id") or None
    if label_id is not None and not label_id.isdecimal():
        raise ValueError(f"'label_id' must be a whole number >= 0, but got '{label_id}'")
    rate = fps or options.fps
    empty = not (get["start"] or get["end"] or get["label"])
    if not empty:
        start = to_seconds(get["start"], unit=units["start"], fps=rate)
        end = to_seconds(get["end"], unit=units["end"], fps=rate)
    recording = collected.recording(
        get["recording"],
        where=row.where,
        subset=source.subset or get.get("subset") or None,
        duration=duration,
        fps=fps,
        group=row.values.get(options.group_column or "group") or None,
    )
    if not empty:
        collected.add(
            recording,
            start,
            end,
            get["label"],
            label_id=None if label_id is None else int(label_id),
            where=row.where,
        )
