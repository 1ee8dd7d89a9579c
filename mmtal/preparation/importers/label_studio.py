"""Label Studio's JSON export: timeline labels of videos, labels of time series and of audio."""

import re
from collections.abc import Iterator
from typing import Any

from mmtal.preparation.importers.collected import Collected, Recording
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.times import to_seconds
from mmtal.preparation.importers.values import media_name

KINDS = ("timelinelabels", "timeserieslabels", "labels")
TEXTS = ("hypertextlabels", "paragraphlabels")
UPLOAD = re.compile(r"[0-9a-f]{8}-")
"""What Label Studio puts before the name of an uploaded file."""


def matches(probe: Probe) -> bool:
    """Whether it is a list of tasks with ``data`` and ``annotations``."""
    return (
        isinstance(probe.json, list)
        and bool(probe.json)
        and all(isinstance(task, dict) and "data" in task for task in probe.json)
        and all("annotations" in task or "completions" in task for task in probe.json)
    )


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read the tasks; canceled annotations, and spans of characters in texts, are left out.

    Frames of timeline labels count from 1 and both ends belong to the segment, so that it is
    [(start - 1) / fps, end / fps). Times of time series are in the unit of their time column, which
    the export does not tell: ``options.unit``. ValueError: several control tags hold labels and
    none is chosen.
    """
    tasks = read_json(source.path)
    tags = {
        item["from_name"] for task in tasks for a in _annotations(task) for item in _items(task, a)
    }
    wanted = options.choose(sorted(tags), what="control tag", where=str(source.path))
    for task in tasks:
        where = f"{source.path}, task {task.get('id')}"
        with collected.at(where):
            _add_task(task, where, wanted, source, options, collected)


def _add_task(
    task: dict[str, Any],
    where: str,
    wanted: list[str],
    source: Source,
    options: ImportOptions,
    collected: Collected,
) -> None:
    annotations = _annotations(task)
    collected.drop("canceled annotation", len(_all(task)) - len(annotations))
    best = [a for a in annotations if a.get("ground_truth")] or annotations
    if len(best) > 1:
        raise ValueError(
            f"has {len(best)} annotations: mark one as ground truth in Label Studio, or delete the "
            "others"
        )
    items = list(_items(task, best[0])) if best else []
    texts = sum(_is_text(task, item) for a in best for item in a.get("result") or ())
    collected.drop("span of characters in a text, which has no times", texts)
    if texts and not items:
        return
    group = task["data"].get(options.group_column or "")
    recording = collected.recording(
        _recording_name(task, options),
        where=where,
        subset=source.subset or task["data"].get("subset"),
        group=None if group is None else str(group),
        once=True,
    )
    for number, item in enumerate(items):
        if item["from_name"] in wanted:
            _add(recording, item, f"{where}, region {number}", options, collected)


def _all(task: dict[str, Any]) -> list[dict[str, Any]]:
    return task.get("annotations") or task.get("completions") or []


def _annotations(task: dict[str, Any]) -> list[dict[str, Any]]:
    return [annotation for annotation in _all(task) if not annotation.get("was_cancelled")]


def _items(task: dict[str, Any], annotation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in annotation.get("result") or ():
        if item.get("type") in KINDS and "from_name" in item and not _is_text(task, item):
            yield item


def _is_text(task: dict[str, Any], item: dict[str, Any]) -> bool:
    """Whether start and end of a region are places in a text; audio has the same type."""
    value = item.get("value") or {}
    if item.get("type") != "labels":
        return item.get("type") in TEXTS
    sound = "channel" in value or "original_length" in item
    return "text" in value or not (sound or any(map(_is_file, task["data"].values())))


def _is_file(value: Any) -> bool:
    return isinstance(value, str) and bool(re.search(r"\.\w{2,5}(\?|$)", value) or "/" in value)


def _recording_name(task: dict[str, Any], options: ImportOptions) -> str:
    data = {k: v for k, v in task["data"].items() if isinstance(v, str) and v.strip()}
    column = options.columns.get("recording")
    if column is not None:
        if column not in data:
            raise ValueError(f"data has no '{column}' (--columns recording=...)")
        return media_name(data[column])
    files = {k: v for k, v in data.items() if _is_file(v)}
    chosen = files or data
    if len(chosen) != 1:
        raise ValueError(
            f"which of {', '.join(task['data']) or 'nothing'} names the recording? Give "
            "--columns recording=NAME"
        )
    name = media_name(next(iter(chosen.values())))
    uploaded = task.get("file_upload") or "/upload/" in next(iter(chosen.values()))
    return UPLOAD.sub("", name, count=1) if uploaded and UPLOAD.match(name) else name


def _add(
    recording: Recording,
    item: dict[str, Any],
    where: str,
    options: ImportOptions,
    collected: Collected,
) -> None:
    value, kind = item.get("value") or {}, item["type"]
    labels = value.get(kind) or []
    if not labels:
        collected.error(where, f"has no label ('{kind}' is empty)")
    if value.get("instant"):
        collected.drop("instant without duration")
        return
    with collected.at(where):
        for start, end in _segments(value, kind, options):
            for label in labels:
                collected.add(recording, start, end, str(label), where=where)


def _segments(
    value: dict[str, Any], kind: str, options: ImportOptions
) -> list[tuple[float, float]]:
    if kind == "timelinelabels":
        if options.fps is None:
            raise ValueError("timeline labels are in frames: give --fps, as set in Label Studio")
        pairs = [(r["start"], r["end"]) for r in value["ranges"]]
        return [(max(a - 1, 0) / options.fps, b / options.fps) for a, b in pairs]
    unit = options.unit if kind == "timeserieslabels" else "seconds"
    times = [value["start"], value["end"]]
    if unit is None and not all(isinstance(time, str) and ":" in time for time in times):
        raise ValueError(
            "times of a time series are in the unit of its time column: give --unit seconds, "
            "milliseconds or frames (row numbers, with --fps the sample rate)"
        )
    start, end = (to_seconds(str(time), unit=unit, fps=options.fps) for time in times)
    return [(start, end)]
