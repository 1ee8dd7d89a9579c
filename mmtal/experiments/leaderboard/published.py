"""Published figures, for comparison with measured ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmtal.utils.reading import reading
from mmtal.utils.yaml_files import read_yaml

PUBLISHED = Path(__file__).with_name("published.yaml")
_SECTIONS = ("sources", "data", "figures")
_REQUIRED = {"protocol", "method", "data", "source", "percent"}
_OPTIONAL = {"config", "note"}


@dataclass(frozen=True, kw_only=True)
class PublishedFigure:
    """One row of a table, as somebody else states it.

    Attributes:
        protocol: The protocol that comes closest to how the source evaluated.
        method: Without features.
        features: What it was trained on.
        obtain: Where a user gets them.
        kind: ``published``, or ``reference run``: measured with somebody else's code.
        source: Title of the paper or repository.
        url: Of the source.
        config: What runs the method here; None: this project has no such recipe.
        metrics: Name to value in [0, 1].
        note: What sets the figure apart; empty: nothing.
    """

    protocol: str
    method: str
    features: str
    obtain: str
    kind: str
    source: str
    url: str
    config: str | None
    metrics: Mapping[str, float]
    note: str

    @property
    def benchmark(self) -> str:
        """The protocol's, before the slash."""
        return self.protocol.split("/")[0]


def read_published(path: str | Path = PUBLISHED) -> list[PublishedFigure]:
    """Read a file of published figures; ValueError names an entry that is wrong."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"file of published figures {path} does not exist")
    content = read_yaml(path)
    if not isinstance(content, dict) or set(content) != set(_SECTIONS):
        raise ValueError(
            f"{path} must have exactly the sections {', '.join(_SECTIONS)}, but has "
            f"{sorted(map(str, content)) if isinstance(content, dict) else type(content).__name__}"
        )
    with reading(path, "is not complete as a file of published figures"):
        return [
            _figure(entry, content, f"{path}, figure {i}")
            for i, entry in enumerate(content["figures"] or [], 1)
        ]


def _figure(entry: Any, content: Mapping[str, Any], where: str) -> PublishedFigure:
    keys = set(entry) if isinstance(entry, dict) else set()
    if not keys >= _REQUIRED or keys - _REQUIRED - _OPTIONAL:
        raise ValueError(
            f"{where}: missing {sorted(_REQUIRED - keys)}, unknown "
            f"{sorted(keys - _REQUIRED - _OPTIONAL)}"
        )
    for section, key in (("sources", "source"), ("data", "data")):
        if entry[key] not in content[section]:
            raise ValueError(f"{where}: {key} '{entry[key]}' is not among '{section}'")
    for name, value in entry["percent"].items():
        if not isinstance(value, (int, float)) or not 0 <= value <= 100:
            raise ValueError(f"{where}: {name} must be a percentage in [0, 100], but got {value!r}")
    source, data = content["sources"][entry["source"]], content["data"][entry["data"]]
    return PublishedFigure(
        protocol=entry["protocol"],
        method=entry["method"],
        features=data["features"],
        obtain=data["obtain"],
        kind=source.get("kind", "published"),
        source=source["title"],
        url=source["url"],
        config=entry.get("config"),
        metrics={name: value / 100 for name, value in entry["percent"].items()},
        note=entry.get("note", ""),
    )
