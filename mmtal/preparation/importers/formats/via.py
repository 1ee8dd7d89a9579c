"""Projects of the VGG Image Annotator 3 (VIA) with segments of videos or audio."""

from typing import Any

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.values import media_name
from mmtal.utils.reading import is_number

PARTS = ("attribute", "file", "view", "metadata")
CHECKBOX = 2
"""Attribute type whose values are several option numbers, with commas between."""


def matches(probe: Probe) -> bool:
    """Whether it has the parts of a VIA 3 project."""
    content = probe.json
    return isinstance(content, dict) and all(isinstance(content.get(p), dict) for p in PARTS)


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read the temporal segments, and marks of a moment as points.

    Regions and what describes whole files are left out.

    ValueError: several attributes label segments and none is chosen.
    """
    content = read_json(source.path)
    attributes = content["attribute"]
    segments = {
        k: v
        for k, v in content["metadata"].items()
        if len(z := v.get("z") or ()) == 2 or (len(z) == 1 and not v.get("xy"))
    }
    collected.drop("mark without start and end", len(content["metadata"]) - len(segments))
    used = {key for item in segments.values() for key in item.get("av") or {}}
    titles = {key: (attributes.get(key) or {}).get("aname", key) for key in sorted(used)}
    wanted = options.choose(sorted(titles.values()), what="attribute", where=str(source.path))
    names = {}
    for view, item in content["view"].items():
        files = [content["file"][str(fid)]["fname"] for fid in item["fid_list"]]
        names[view] = media_name(files[0])
        place = f"{source.path}, view {view}"
        if len(files) > 1:
            collected.note(f"{place}: shows {len(files)} files; it is named after the first")
        collected.recording(names[view], where=place, subset=source.subset, once=True)
    for key, item in segments.items():
        where = f"{source.path}, segment '{key}'"
        view, start, end = str(item.get("vid")), item["z"][0], item["z"][-1]
        if view not in names or not (is_number(start) and is_number(end)):
            collected.error(where, f"needs a view and two times, but got {item!r:.80}")
            continue
        recording = collected.recordings[names[view]]
        labels = [
            label
            for attribute, value in (item.get("av") or {}).items()
            if titles[attribute] in wanted
            for label in _labels(value, attributes.get(attribute) or {})
        ]
        if not labels:
            collected.error(where, "has no label")
        for label in labels:
            point = len(item["z"]) == 1
            collected.add(recording, start, end, label, where=where, point=point)


def _labels(value: str, attribute: dict[str, Any]) -> list[str]:
    options = attribute.get("options") or {}
    values = value.split(",") if attribute.get("type") == CHECKBOX else [value]
    return [options.get(v.strip(), v.strip()) for v in values if v.strip()]


FORMAT = Format("via", "VIA 3 project", matches, read)
