"""Label Studio's JSON export: timeline labels of videos, labels of time series and of audio."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mmtal.preparation.importers.collected import Collected, Recording
from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.tiers import span
from mmtal.preparation.importers.times import to_seconds
from mmtal.preparation.importers.values import media_name
from mmtal.utils.wording import counted

KINDS = ("timelinelabels", "timeserieslabels", "labels")
NAME = "recording"
"""Key of a task's data, of ours: the name of its recording."""
TEXTS = ("hypertextlabels", "paragraphlabels")
ANNOTATED = ("annotations", "completions")
OLD = ("completions", "predictions")
"""What takes the place of annotations in old exports, and in tasks that nobody has annotated."""
OF_TASK = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")
UPLOAD = re.compile(r"[0-9a-f]{8}-")
"""What Label Studio puts before the name of an uploaded file."""


def matches(probe: Probe) -> bool:
    """Whether it is a list of tasks, in the full or in the short form (JSON-MIN)."""
    tasks = probe.json
    if not (isinstance(tasks, list) and tasks and all(isinstance(task, dict) for task in tasks)):
        return False
    full = all("data" in task and {"annotations", *OLD} & task.keys() for task in tasks)
    return full or (
        all("data" not in task and "id" in task for task in tasks)
        and any(_regions(value) for task in tasks for value in task.values())
    )


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read the tasks; canceled annotations, and spans of characters in texts, are left out.

    Frames of timeline labels count from 1 and both ends belong to the segment, so that it is
    [(start - 1) / fps, end / fps). Times of time series are in the unit of their time column, which
    the export does not tell: ``options.unit``. ValueError: several control tags hold labels and
    none is chosen.
    """
    tasks = _full(read_json(source.path))
    tags = {
        item["from_name"] for task in tasks for a in _annotations(task) for item in _items(task, a)
    }
    wanted = options.choose(sorted(tags), what="control tag", where=str(source.path))
    guessed = [t for t in tasks if t.get("predictions") and not any(map(t.get, ANNOTATED))]
    if guessed:
        collected.note(
            f"{source.path}: {counted(len(guessed), 'task')} that nobody has annotated: the "
            "predictions were read"
        )
    for task in tasks:
        where = f"{source.path}, task {task.get('id')}"
        with collected.at(where):
            _add_task(task, where, wanted, source, options, collected)


def _regions(value: Any) -> bool:
    """Whether a value of a short task is a list of labeled regions."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and {*KINDS, *TEXTS} & item.keys() for item in value)
    )


def _full(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tasks in the full form; in the short one, each has an annotation's regions by their tag."""
    found: dict[Any, dict[str, Any]] = {}
    for task in tasks:
        if "data" in task:
            return tasks
        data = {k: v for k, v in task.items() if not isinstance(v, list) and k not in OF_TASK}
        entry = found.setdefault(task.get("id"), dict(id=task.get("id"), data=data, annotations=[]))
        result = [
            dict(from_name=tag, type=next(k for k in (*KINDS, *TEXTS) if k in item), value=item)
            for tag, value in task.items()
            if _regions(value)
            for item in value
        ]
        if result or "annotation_id" in task:
            entry["annotations"].append(dict(result=result))
    return list(found.values())


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
    return next((task[key] for key in ("annotations", *OLD) if task.get(key)), [])


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
    if NAME in data:
        return data[NAME]
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
    instant = bool(value.get("instant"))
    with collected.at(where):
        for start, end in _segments(value, kind, options, options.starts.get(recording.name)):
            end = start if instant else end
            for label in labels:
                collected.add(
                    recording, start, end, str(label),
                    where=where, point=instant, score=item.get("score"),
                )  # fmt: skip


def _segments(
    value: dict[str, Any], kind: str, options: ImportOptions, origin: str | None
) -> list[tuple[float, float]]:
    if kind == "timelinelabels":
        if options.fps is None:
            raise ValueError("timeline labels are in frames: give --fps, as set in Label Studio")
        pairs = [(r["start"], r["end"]) for r in value["ranges"]]
        return [(max(a - 1, 0) / options.fps, b / options.fps) for a, b in pairs]
    unit = options.unit if kind == "timeserieslabels" else "seconds"
    times = [value["start"], value["start"] if value.get("instant") else value["end"]]
    if unit is None and not all(isinstance(time, str) and ":" in time for time in times):
        raise ValueError(
            "times of a time series are in the unit of its time column: give --unit seconds, "
            "milliseconds or frames (row numbers, with --fps the sample rate)"
        )
    start, end = (to_seconds(str(t), unit=unit, fps=options.fps, origin=origin) for t in times)
    return [(start, end)]


def write(database: Database) -> str:
    """Tasks of videos, labels of their timelines in frames. ValueError: the rate is not known."""
    unknown = next((name for name, entry in database.items() if not entry.get("fps")), None)
    if unknown is not None:
        raise ValueError(
            f"timeline labels are in frames, but recording '{unknown}' has no fps: give it to "
            "mmtal data import (or infer) with --fps, or take --to label-studio-series"
        )
    return tasks(database, "video", _timeline_value)


def tasks(
    database: Database, kind: str, value_of: Callable[[Mapping[str, Any], float], dict[str, Any]]
) -> str:
    """Tasks with a region for each instance: predictions if they have scores, else annotations.

    Args:
        database: See :class:`~mmtal.preparation.importers.format.Format`.
        kind: Key of the file in ``data``, and name of the object that is labeled.
        value_of: Makes the value of a region of an instance and its recording's frame rate.
    """
    found = []
    scored = any("score" in i for entry in database.values() for i in entry["annotations"])
    for number, (name, entry) in enumerate(database.items(), start=1):
        results = []
        for place, instance in enumerate(entry["annotations"]):
            value = value_of(instance, entry.get("fps") or 0.0)
            region = dict(
                id=f"{number}-{place}", from_name="label", to_name=kind, value=value,
                type=next(name for name in KINDS if name in value),
            )  # fmt: skip
            if "score" in instance:
                region["score"] = instance["score"]
            results.append(region)
        path = next(iter(entry.get("media") or [name]))
        done = dict(model_version="mmtal", result=results) if scored else dict(result=results)
        task = dict(id=number, data={kind: path, NAME: name})
        found.append({**task, "predictions" if scored else "annotations": [done]})
    return json.dumps(found, indent=1, ensure_ascii=False)


def _timeline_value(instance: Mapping[str, Any], fps: float) -> dict[str, Any]:
    first, end = (round(time * fps) for time in span(instance))
    value = dict(
        ranges=[dict(start=first + 1, end=max(end, first + 1))], timelinelabels=[instance["label"]]
    )
    return value if "segment" in instance else value | dict(instant=True)  # as in time series


FORMAT = Format(
    "label-studio",
    "Label Studio JSON",
    matches,
    read,
    write=write,
    ending=".json",
    takes=("unit", "labels", "columns.recording"),
)
