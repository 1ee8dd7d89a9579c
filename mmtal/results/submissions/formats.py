"""List the formats of results that can be read or written, and detect the format of a file."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from mmtal.datasets.problems import Problems
from mmtal.results.submissions import (
    actionformer,
    activitynet,
    ego4d,
    epic_kitchens,
    epic_sounds,
    soccernet,
    spot,
    table,
    thumos,
)
from mmtal.results.submissions.file_content import FileContent, read_content
from mmtal.results.submissions.official_list import OfficialList, Submission, read_class_numbers
from mmtal.results.submissions.raw_detections import RawDetections
from mmtal.utils.reading import reading


@dataclass(frozen=True)
class Format:
    """A format that can be read.

    Attributes:
        name: As the user writes it.
        title: What it is.
        module: Its ``matches`` says whether a file is in it, ``read`` adds what a file holds.
    """

    name: str
    title: str
    module: ModuleType

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the results in one file, where there are several."""
        return tuple(getattr(self.module, "PARTS", ()))

    def check_header(self, content: FileContent, problems: Problems) -> None:
        """Note fields that an evaluation server would refuse."""
        if hasattr(self.module, "check_header"):
            self.module.check_header(content, problems)


FORMATS = {
    entry.name: entry
    for entry in (
        Format("epic-sounds", "EPIC-Sounds submission", epic_sounds),
        Format("epic", "EPIC-Kitchens C2 submission", epic_kitchens),
        Format("ego4d", "Ego4D Moment Queries submission", ego4d),
        Format("activitynet", "ActivityNet results JSON", activitynet),
        Format("soccernet", "SoccerNet's results_spotting.json of a game, or several", soccernet),
        Format("spot", "E2E-Spot's predictions", spot),
        Format("thumos", "THUMOS14 detection text", thumos),
        Format("actionformer", "the official ActionFormer's columns", actionformer),
        Format("table", "table: recording, start, end, label, score", table),
    )
}
"""In the order in which they are tried: an EPIC submission fits ActivityNet's layout, too."""


def detect_format(content: FileContent) -> Format:
    """The format of a file; ValueError: it is in none."""
    with reading(content.path, "is in no known format"):
        found = next((entry for entry in FORMATS.values() if entry.module.matches(content)), None)
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
    if part is None and default_part in found.parts:
        part = default_part
    raw = RawDetections(path, verdict=verdict, numbers=numbers, part=part, names=names)
    with reading(path, f"cannot be read as {found.title}"):
        found.module.read(content, raw)
    return found, content, raw


ACTIVITYNET_CLASSES = "696d49925655f5eed8193567e4d3a46bb1cef31a31768a959cc415c599dce2b8"
"""SHA-256 of the sorted names of ActivityNet 1.3's 200 classes, one per line."""
ACTIVITYNET_COUNT = 200
"""Number of its classes, and of those of HACS."""
EGO4D_COUNT = 110
"""Number of the classes of Ego4D Moment Queries."""


@dataclass(frozen=True)
class Target:
    """A format that can be written.

    Attributes:
        name: As the user writes it.
        title: What it is.
        write: Writes a file.
        read_as: Name of the format that reads it.
        decimals: Of the times; None: they stay as they are.
        fixes: Keys of ``FIXES`` that are fixed unasked.
        has_class: Whether a class of this name can be written; None: any can.
        taxonomy: Notes what is wrong with the classes of the recordings' list.
    """

    name: str
    title: str
    write: Callable[[Path, Submission], None]
    read_as: str = "activitynet"
    decimals: int | None = None
    fixes: tuple[str, ...] = ()
    has_class: Callable[[str, OfficialList | None], bool] | None = None
    taxonomy: Callable[[OfficialList, Problems], None] | None = None


def _write_results(path: Path, submission: Submission) -> None:
    extra = {"mmtal": {"converted_from": submission.source}}
    activitynet.write(
        path, submission.detections, submission.classes, version="mmtal 1", extra=extra
    )


def _write_activitynet(path: Path, submission: Submission) -> None:
    own = submission
    activitynet.write(path, own.detections, own.classes, external_data=own.external_data)


def _is_action(name: str, official: OfficialList | None) -> bool:
    return epic_kitchens.numbers_of(name, official.names if official else {}) is not None


def _is_moment(name: str, official: OfficialList | None) -> bool:
    known = official.annotated_classes if official else frozenset()
    return len(known) < EGO4D_COUNT or name in known  # a list that is not whole decides nothing


def _taxonomy(benchmark: str, sha256: str = "") -> Callable[[OfficialList, Problems], None]:
    """What notes a list of recordings with other classes than a benchmark's 200."""

    def check(official: OfficialList, problems: Problems) -> None:
        found = official.classes or ()
        names = "\n".join(sorted(found))
        same = not sha256 or hashlib.sha256(names.encode()).hexdigest() == sha256
        if official.classes is not None and not (same and len(found) == ACTIVITYNET_COUNT):
            problems.add(
                "wrong taxonomy",
                f"{benchmark} has {ACTIVITYNET_COUNT} classes, but {official.source} has "
                f"{len(found)}, such as {', '.join(found[:3])}",
            )

    return check


_ALL = (
    Target("results", "results JSON", _write_results, fixes=("missing",)),
    Target(
        "activitynet", "ActivityNet 1.3 submission", _write_activitynet,
        taxonomy=_taxonomy("ActivityNet 1.3", ACTIVITYNET_CLASSES),
    ),
    Target("hacs", "HACS submission", _write_activitynet, taxonomy=_taxonomy("HACS")),
    Target(
        "epic", "EPIC-Kitchens C2 submission", epic_kitchens.write, "epic", has_class=_is_action
    ),
    Target(
        "epic-sounds", "EPIC-Sounds submission", epic_sounds.write, "epic-sounds",
        has_class=lambda name, _: name in epic_sounds.CLASSES,
    ),
    Target(
        "ego4d", "Ego4D Moment Queries submission", ego4d.write, "ego4d", has_class=_is_moment
    ),
    Target("soccernet", "SoccerNet action spotting submission", soccernet.write, "soccernet"),
    Target(
        "thumos", "THUMOS14 detection text", thumos.write, "thumos", decimals=thumos.DECIMALS,
        has_class=lambda name, _: name in thumos.CLASS_IDS,
    ),
)  # fmt: skip
TARGETS = {target.name: target for target in _ALL}
