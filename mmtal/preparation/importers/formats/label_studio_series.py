"""Label Studio's labels of time series, in seconds; read as any of Label Studio's JSON."""

from collections.abc import Mapping
from typing import Any

from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.formats import label_studio
from mmtal.preparation.importers.tiers import span


def write(database: Database) -> str:
    """Tasks of time series; times as they are, in seconds."""
    return label_studio.tasks(database, "csv", _value)


def _value(instance: Mapping[str, Any], fps: float) -> dict[str, Any]:
    del fps
    start, end = span(instance)
    instant = "segment" not in instance
    return dict(start=start, end=end, instant=instant, timeserieslabels=[instance["label"]])


FORMAT = Format(
    "label-studio-series", "Label Studio JSON of time series", lambda probe: False,
    label_studio.read, write=write, ending=".json", takes=label_studio.FORMAT.takes,
)  # fmt: skip
