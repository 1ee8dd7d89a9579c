"""Find the formats, and detect the format of a file."""

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path

from mmtal.plugins import load_plugins
from mmtal.preparation.importers import formats
from mmtal.preparation.importers.columns import FILE, NEEDED, find_columns, role_of
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_header

GENERAL = ("csv", "event-log")
"""Formats of tables of any tool, which those of one tool come before."""

_FORMATS: dict[str, Format] = {}


def add_format(entry: Format) -> None:
    """Add a format; a plugin does so when it is imported.

    ValueError: there is another of this name.
    """
    if _FORMATS.setdefault(entry.name, entry) is not entry:
        raise ValueError(f"there is a format '{entry.name}' already: choose another name")


for _module in pkgutil.iter_modules(formats.__path__):
    add_format(importlib.import_module(f"{formats.__name__}.{_module.name}").FORMAT)


def known_formats() -> Mapping[str, Format]:
    """All formats by name, those of plugins included."""
    load_plugins()
    return _FORMATS


def find_format(name: str, *, writable: bool = False) -> Format:
    """The format of a name.

    Args:
        name: Of the format.
        writable: Whether it must have a writer.

    Raises:
        ValueError: There is none.
    """
    known = {k: f for k, f in known_formats().items() if f.write or not writable}
    if name not in known:
        raise ValueError(f"the format must be one of {', '.join(known)}, but got '{name}'")
    return known[name]


def detect_format(path: Path, options: ImportOptions) -> Format:
    """The one format that the content of a file or folder fits.

    ValueError: it fits none, or several.
    """
    known = known_formats()
    probe = Probe(path, options.aside)
    wanted = {name for name in options.columns.values() if name != FILE}
    fitting = [entry for entry in known.values() if entry.fits(probe)]
    if len(fitting) > 1:  # the tables of tools are tables, too
        fitting = [entry for entry in fitting if entry.name not in GENERAL]
    if len(fitting) == 1:
        return fitting[0]
    if (
        wanted
        and probe.json is None
        and (path.is_dir() or wanted <= {*read_header(path, [*wanted])})
    ):
        return known["csv"]
    if fitting:
        names = " and ".join(f"{entry.name} ({entry.title})" for entry in fitting)
        raise ValueError(f"{path}: could be {names}; choose with --format")
    if len({role_of(column)[0] for column in probe.header} & {*NEEDED}) >= 2:
        find_columns(probe.header, options.columns, where=str(path))  # a table that lacks one
    text = "".join(f"\n  {entry.name}: {entry.title}" for entry in known.values())
    raise ValueError(
        f"{path}: is in no known format: {_seen(probe)}. A table's first line must name its "
        f"columns recording, start, end and label (or tell them with --columns). Known are:{text}"
    )


def _seen(probe: Probe) -> str:
    if probe.path.is_dir():
        files = sorted(item.name for item in probe.path.iterdir())
        return f"the folder holds {', '.join(files[:5]) or 'no file'}"
    content = probe.json
    if content is None and not probe.path.stat().st_size:
        return "the file is empty"
    if content is None:
        return f"the first line is '{(probe.lines or [''])[0]:.80}'"
    if isinstance(content, list):
        return f"the JSON is a list of {len(content)}, first {content[:1]!r:.80}"
    return f"the JSON holds {', '.join(list(content)[:5]) or 'nothing'}"
