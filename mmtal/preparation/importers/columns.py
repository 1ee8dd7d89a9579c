"""Recognize the columns of a table by their names."""

import re
from collections.abc import Mapping, Sequence

from mmtal.preparation.importers.collected import DETAILS
from mmtal.preparation.importers.options import UNIT_WORDS

NEEDED = ("recording", "start", "end", "label")
ROLES = (*NEEDED, "length", "time", "label_id", "subset", "duration", "fps", "recording_start")
FILE = "FILE"
"""In place of a column's name: the table is one recording, named after its file."""

ALIASES = {
    "recording": "recording recording_id recording_name video video_id video_name videoid "
    "videoname vid clip clip_id clip_name file file_name filename session",
    "start": "start begin onset from first",
    "end": "end stop finish offset to until last",
    "length": "duration length dur",  # of the instance
    "time": "event_time",  # of an event without duration, beside start and end
    "label": "label label_name labels class class_name action action_name activity category event "
    "event_type behavior behaviour trial_type",
    "label_id": "label_id class_id action_id category_id activity_id",
    "subset": "subset split partition",
    "duration": "recording_duration video_duration",
    "fps": "fps frame_rate framerate",
    "recording_start": "recording_start recording_start_time video_start session_start",
}
PEOPLE = ("participant", "participant_id", "subject", "subject_id")
"""Columns that name recordings where nothing else does."""


def role_of(column: str) -> tuple[str | None, str | None]:
    """What a column holds by its name, and its unit if that is a time: (role, unit)."""
    parts = _parts(column)
    name = "_".join(parts)
    for role, names in ALIASES.items():
        if name in names.split():
            return role, None
    units = _units(parts)
    rest = [part for part in parts if part not in (*UNIT_WORDS, "t", "time", "timestamp", "in")]
    for role in ("start", "end", "length"):
        if len(units) < 2 and len(rest) == 1 and rest[0] in ALIASES[role].split():
            return role, units.pop() if units else None
    return None, None


def _parts(column: str) -> list[str]:
    """The words of a column's name: ``StartTime (ms)`` is start, time, ms."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.replace("µ", "u").replace("μ", "u")).lower()
    return [part for part in re.split(r"[^a-z0-9]+", words) if part]


def unit_of(column: str) -> str | None:
    """The unit that the name of a column of times says; None: it says none, or several."""
    parts = _parts(column)
    units = _units(parts) | {"frames" for part in parts if part in ("sample", "samples")}
    return units.pop() if len(units) == 1 else None


def _units(parts: Sequence[str]) -> set[str]:
    return {UNIT_WORDS[part] for part in parts if part in UNIT_WORDS and len(parts) > 1}


def is_inclusive(column: str) -> bool:
    """Whether a column holds the last frame of an instance, and not the one behind it."""
    return "last" in re.split(r"[^a-z]+", column.lower())


def names_columns(fields: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the fields of a line are names of columns.

    Args:
        fields: Of the line.
        wanted: Names that must be among them; without any, two roles must be.
    """
    if wanted:
        return set(wanted) <= set(fields)
    if any(re.search(r"\d", field) and not re.search("[A-Za-z]", field) for field in fields):
        return False
    return len({role_of(field)[0] for field in fields} - {None}) >= 2


def find_columns(header: Sequence[str], given: Mapping[str, str], *, where: str) -> dict[str, str]:
    """The column of each role, by the names given or else by usual names; of details, if given.

    The end may be missing where there is the length, and the recording everywhere.

    ValueError: a needed column is missing, or several could be meant.
    """
    roles = (*ROLES, *DETAILS)
    unknown = [role for role in given if role not in roles]
    if unknown:
        raise ValueError(f"--columns {unknown[0]}=...: must be one of {', '.join(roles)}")
    found = {}
    for role in roles:
        if role in given:
            if given[role] in header:
                found[role] = given[role]
            elif (role, given[role]) != ("recording", FILE):
                raise ValueError(
                    f"{where}: no column '{given[role]}' (--columns {role}=...); there is "
                    + ", ".join(header)
                )
            continue
        fitting = [c for c in header if role_of(c)[0] == role and c not in given.values()]
        if len(fitting) > 1:
            raise ValueError(
                f"{where}: the columns {' and '.join(repr(c) for c in fitting)} could both be the "
                f"{role}; choose with --columns {role}='{fitting[0]}'"
            )
        found |= dict.fromkeys([role] if fitting else [], "".join(fitting))
    if "end" in found:
        found.pop("length", None)
    needed = ("start", "label") if "length" in found else ("start", "end", "label")
    missing = [role for role in needed if role not in found]
    if missing:
        raise ValueError(
            f"{where}: no column for the {' and the '.join(missing)}: the first line must name "
            f"{', '.join(NEEDED)}, but is {', '.join(header)}. Name it with "
            + "--columns "
            + " ".join(f"{role}=NAME" for role in missing)
        )
    return found
