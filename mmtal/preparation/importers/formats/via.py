"""Projects of the VGG Image Annotator 3 (VIA) with segments of videos or audio."""

import json
from typing import Any

from mmtal.preparation.importers.collected import DETAILS, Collected
from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.tiers import whole_span
from mmtal.preparation.importers.times import to_number
from mmtal.preparation.importers.values import media_name
from mmtal.utils.reading import is_number

PARTS = ("attribute", "file", "view", "metadata")
NAME = "recording"
"""Key of a file, of ours: the name of its recording."""
TEXT, SELECT = 1, 4
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
    details = {key: title for key, title in titles.items() if title in DETAILS}
    named = sorted(title for key, title in titles.items() if key not in details)
    wanted = options.choose(named, what="attribute", where=str(source.path))
    names = {}
    for view, item in content["view"].items():
        files = [content["file"][str(fid)]["fname"] for fid in item["fid_list"]]
        names[view] = content["file"][str(item["fid_list"][0])].get(NAME) or media_name(files[0])
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
            more: dict[str, Any] = {title: item["av"].get(key) for key, title in details.items()}
            with collected.at(where):
                if more.get("score"):
                    more["score"] = to_number(more["score"])
                collected.add(recording, start, end, label, where=where, point=point, **more)


def _labels(value: str, attribute: dict[str, Any]) -> list[str]:
    options = attribute.get("options") or {}
    values = value.split(",") if attribute.get("type") == CHECKBOX else [value]
    return [options.get(v.strip(), v.strip()) for v in values if v.strip()]


def write(database: Database) -> str:
    """A project with a file and a view for each recording; times in microseconds."""
    labels = dict.fromkeys(i["label"] for e in database.values() for i in e["annotations"])
    numbers = {label: str(number) for number, label in enumerate(labels, start=1)}
    parts: dict[str, dict[str, Any]] = dict(attribute={}, file={}, view={}, metadata={})
    parts["attribute"]["1"] = _attribute("label", SELECT, {n: k for k, n in numbers.items()})
    for number, name in enumerate(DETAILS, start=2):
        parts["attribute"][str(number)] = _attribute(name, TEXT, {})
    for key, (name, entry) in enumerate(database.items(), start=1):
        path = next(iter(entry.get("media") or [name]))
        parts["file"][str(key)] = dict(fid=key, fname=path, type=4, loc=1, src="") | {NAME: name}
        parts["view"][str(key)] = dict(fid_list=[key])
        for place, instance in enumerate(entry["annotations"]):
            times = [time / 1e6 for time in whole_span(instance, 1_000_000)]
            times = times if "segment" in instance else times[:1]
            values = {"1": numbers[instance["label"]]} | {
                str(number): str(instance[detail])
                for number, detail in enumerate(DETAILS, start=2)
                if detail in instance
            }
            parts["metadata"][f"{key}_{place}"] = dict(
                vid=str(key), flg=0, z=times, xy=[], av=values
            )
    project = dict(
        pid="__VIA_PROJECT_ID__", rev="__VIA_PROJECT_REV_ID__",
        rev_timestamp="__VIA_PROJECT_REV_TIMESTAMP__", pname="mmtal", creator="mmtal",
        created=0, data_format_version="3.1.1", vid_list=list(parts["view"]),
    )  # fmt: skip
    config = dict(
        file=dict(loc_prefix={"1": "", "2": "", "3": "", "4": ""}),
        ui=dict(
            file_content_align="center", file_metadata_editor_visible=True,
            spatial_metadata_editor_visible=True, temporal_segment_metadata_editor_visible=True,
            spatial_region_label_attribute_id="", gtimeline_visible_row_count="4",
        ),
    )  # fmt: skip
    return json.dumps(dict(project=project, config=config, **parts), ensure_ascii=False)


def _attribute(name: str, kind: int, options: dict[str, str]) -> dict[str, Any]:
    return dict(
        aname=name, anchor_id="FILE1_Z2_XY0", type=kind, desc="", options=options,
        default_option_id="",
    )  # fmt: skip


FORMAT = Format(
    "via", "VIA 3 project", matches, read, write=write, ending=".json", takes=("labels",)
)
