"""List the formats of results, and detect the format of a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmtal.datasets.problems import Problems
from mmtal.results.submissions import actionformer, activitynet, ego4d, epic_kitchens, thumos
from mmtal.results.submissions.file_content import FileContent, read_content
from mmtal.results.submissions.official_list import read_class_numbers
from mmtal.results.submissions.raw_detections import RawDetections
from mmtal.utils.reading import reading

Read = Callable[[FileContent, RawDetections, str | None, epic_kitchens.Names], None]


@dataclass(frozen=True)
class Format:
    """A format that can be read.

    Attributes:
        name: As the user writes it.
        title: What it is.
        matches: Whether a file is in it.
        read: Adds what a file holds: content, where to, part, names of EPIC's classes.
        parts: Names of the results in one file, where there are several.
        check_header: Notes fields that an evaluation server would refuse.
    """

    name: str
    title: str
    matches: Callable[[FileContent], bool]
    read: Read
    parts: tuple[str, ...] = ()
    check_header: Callable[[FileContent, Problems], None] | None = None


def _plain(read: Callable[[FileContent, RawDetections], None]) -> Read:
    return lambda content, raw, part, names: read(content, raw)


FORMATS = {
    entry.name: entry
    for entry in (
        Format(
            "epic",
            "EPIC-Kitchens C2 submission",
            epic_kitchens.matches,
            epic_kitchens.read,
            epic_kitchens.PARTS,
            epic_kitchens.check_header,
        ),
        Format(
            "ego4d",
            "Ego4D Moment Queries submission",
            ego4d.matches,
            lambda content, raw, part, names: ego4d.read(content, raw, part),
            tuple(ego4d.PARTS),
            ego4d.check_header,
        ),
        Format(
            "activitynet",
            "ActivityNet results JSON",
            activitynet.matches,
            _plain(activitynet.read),
            check_header=activitynet.check_header,
        ),
        Format("thumos", "THUMOS14 detection text", thumos.matches, _plain(thumos.read)),
        Format(
            "actionformer",
            "the official ActionFormer's columns",
            actionformer.matches,
            _plain(actionformer.read),
        ),
    )
}
"""In the order in which they are tried: an EPIC submission fits ActivityNet's layout, too."""


def detect_format(content: FileContent) -> Format:
    """The format of a file; ValueError: it is in none."""
    with reading(content.path, "is in no known format"):
        found = next((entry for entry in FORMATS.values() if entry.matches(content)), None)
    if found is not None:
        return found
    if content.json is not None and not isinstance(content.json, dict):
        seen = f"must hold a JSON object, but got a {type(content.json).__name__}"
    elif content.object or content.json is not None:
        keys = ", ".join(list(content.object)[:5]) or "nothing"
        seen = f"must hold an object 'results': {{recording: [detections]}}, but holds {keys}"
    elif content.pickle is not None:
        seen = f"must hold a pickled dict of columns, but got a {type(content.pickle).__name__}"
    else:
        first = next((line for line in content.lines if line.strip()), "")
        seen = f"is in no known format; its first line is '{first:.60}'"
    known = "".join(f"\n  {entry.name}: {entry.title}" for entry in FORMATS.values())
    raise ValueError(f"{content.path} {seen}. Formats of results are:{known}")


def read_detections(
    path: str | Path,
    *,
    format_name: str | None = None,
    part: str | None = None,
    default_part: str | None = None,
    names: epic_kitchens.Names | None = None,
    class_file: str | Path | None = None,
    verdict: str = "these are no usable results",
) -> tuple[Format, FileContent, RawDetections]:
    """Read a file of any format; what is wrong with its rows is noted, not raised.

    Of a format that has several parts, ``part`` is read, else ``default_part`` if it has that one.
    ``names`` are of EPIC-Kitchens' verbs and nouns by number; ``verdict`` is for the error if
    something is wrong. ValueError: the file cannot be read at all.
    ``class_file`` names the numbers in the file, see :func:`read_class_numbers`.
    """
    content = read_content(path)
    found = FORMATS[format_name] if format_name else detect_format(content)
    if part is not None and part not in found.parts:
        parts = f"one of {', '.join(found.parts)}" if found.parts else "left out"
        raise ValueError(f"{path} is {found.title}: the part must be {parts}, but got '{part}'")
    numbers = None if class_file is None else read_class_numbers(Path(class_file))
    raw = RawDetections(path, verdict=verdict, numbers=numbers)
    if part is None and default_part in found.parts:
        part = default_part
    with reading(path, f"cannot be read as {found.title}"):
        found.read(content, raw, part, names or {})
    return found, content, raw
