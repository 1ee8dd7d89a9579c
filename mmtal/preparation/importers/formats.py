"""List the formats that can be imported, and detect the format of a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmtal.preparation.importers import (
    activitynet,
    charades,
    csv_table,
    ego4d,
    elan,
    epic_kitchens,
    frame_labels,
    label_studio,
    thumos,
    via,
)
from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.columns import FILE, NEEDED, find_columns, role_of
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_header


@dataclass(frozen=True)
class Format:
    """A format that can be imported.

    Attributes:
        name: As ``--format`` takes it.
        title: What it is, for people.
        matches: Whether the content of a file or folder is of this format.
        read: Adds what a source holds to a collection.
    """

    name: str
    title: str
    matches: Callable[[Probe], bool]
    read: Callable[[Source, ImportOptions, Collected], None]


FORMATS = {
    entry.name: entry
    for entry in (
        Format("csv", "table: recording, start, end, label", csv_table.matches, csv_table.read),
        Format("activitynet", "ActivityNet JSON", activitynet.matches, activitynet.read),
        Format("thumos", "THUMOS or MultiTHUMOS text files", thumos.matches, thumos.read),
        Format("epic", "EPIC-Kitchens table", epic_kitchens.matches, epic_kitchens.read),
        Format("ego4d", "Ego4D Moment Queries JSON", ego4d.matches, ego4d.read),
        Format("charades", "Charades JSON or table", charades.matches, charades.read),
        Format("frames", "a label for each frame", frame_labels.matches, frame_labels.read),
        Format("label-studio", "Label Studio JSON", label_studio.matches, label_studio.read),
        Format("via", "VIA 3 project", via.matches, via.read),
        Format("elan", "ELAN document or export", elan.matches, elan.read),
    )
}


def detect_format(path: Path, options: ImportOptions) -> Format:
    """The one format that the content of a file or folder fits.

    ValueError: it fits none, or several.
    """
    probe = Probe(path)
    wanted = {name for name in options.columns.values() if name != FILE}
    if (
        wanted
        and probe.json is None
        and (path.is_dir() or wanted <= {*read_header(path, [*wanted])})
    ):
        return FORMATS["csv"]
    fitting = [entry for entry in FORMATS.values() if entry.matches(probe)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = " and ".join(f"{entry.name} ({entry.title})" for entry in fitting)
        raise ValueError(f"{path}: could be {names}; choose with --format")
    if len({role_of(column)[0] for column in probe.header} & {*NEEDED}) >= 2:
        find_columns(probe.header, options.columns, where=str(path))  # a table that lacks one
    known = "".join(f"\n  {entry.name}: {entry.title}" for entry in FORMATS.values())
    raise ValueError(
        f"{path}: is in no known format: {_seen(probe)}. A table's first line must name its "
        f"columns recording, start, end and label (or tell them with --columns). Known are:{known}"
    )


def _seen(probe: Probe) -> str:
    if probe.path.is_dir():
        files = sorted(item.name for item in probe.path.iterdir())
        return f"the folder holds {', '.join(files[:5]) or 'no file'}"
    content = probe.json
    if content is None:
        return f"the first line is '{(probe.lines or [''])[0]:.80}'"
    if isinstance(content, list):
        return f"the JSON is a list of {len(content)}, first {content[:1]!r:.80}"
    return f"the JSON holds {', '.join(list(content)[:5]) or 'nothing'}"
