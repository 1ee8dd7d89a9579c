"""Write a cleaned copy of an annotation file, and a log of the changes."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmtal.datasets.annotation_file import (
    DUPLICATE_TOLERANCE,
    AnnotationFile,
    names_by_id,
    read_database,
    repeated_instances,
)
from mmtal.datasets.point_events import is_point, times_of
from mmtal.datasets.segment_checks import end_tolerance
from mmtal.preparation.verification.annotations import AnnotationContent, read_file
from mmtal.preparation.verification.findings import Findings
from mmtal.preparation.verification.report import Report
from mmtal.utils.files import whole_file, write_json
from mmtal.utils.reading import read_json

UNUSABLE = (
    "missing feature file",
    "unusable feature file",
    "empty feature file",
    "sources of different lengths",
    "wrong channel count",
    "NaN, infinite or absurd feature",
    "features never change",
    "too short for the window",
    "duration and feature length disagree",
    "identical features in two splits",
)
"""Errors that only leaving the recording out can fix."""

MOST = 0.5
"""Share of the recordings: if more would be left out, it is the settings that are wrong."""


def fix(report: Report, out: str | Path) -> dict[str, int]:
    """Write a copy of the annotations that can be used, and ``<out>.log.json`` beside it.

    Entries that are not in the format, recordings whose features cannot be used, and instances that
    are empty, repeated, wholly outside or of an unknown class are taken out; reversed segments are
    swapped; ends outside, and events that are at most a frame outside, are moved into the
    recording; label ids that contradict each other or have gaps are numbered again, in the order
    of the names. Returned is the number of changes of each kind. ValueError: ``out`` is the
    annotation file itself, the report is of several files, or hardly anything usable would be left;
    nothing is written.
    """
    out = Path(out)
    if len(report.ann_files) != 1:
        raise ValueError(f"--fix needs one annotation file, but got {len(report.ann_files)}")
    path = report.ann_files[0]
    log_file = out.with_name(f"{out.stem}.log.json")
    for written in (out, log_file):
        if written.exists() and os.path.samefile(written, path):
            raise ValueError(f"--fix {out}: would overwrite {path}: choose another name")
        if written.is_dir():
            raise ValueError(f"--fix {out}: {written} is a folder: name a file")
    changes: list[dict[str, Any]] = []
    content = read_json(path, pairs=dict)
    file = _in_format(path, changes)
    numbered = _is_numbered(file.database)
    content["database"] = database = _clean(file, report, changes)
    gaps = any(finding.kind == "gap in the label ids" for finding in report.findings)
    if names_by_id(database)[1] or ((gaps or numbered) and not _is_numbered(database)):
        _number_classes(database, changes)
    counts = dict(Counter(change["change"] for change in changes))
    with whole_file(out) as temporary:
        write_json(temporary, content)
        AnnotationFile(temporary)  # what it refuses must not appear
        log = {"from": str(path), "counts": counts, "changes": changes}
        write_json(log_file, log, indent=1)
    return counts


def _clean(
    file: AnnotationContent, report: Report, changes: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    reasons: dict[str | None, str] = {}
    unknown: set[tuple[str | None, int | None]] = set()
    for finding in report.findings:
        if finding.kind in UNUSABLE and finding.severity == "error":
            reasons.setdefault(finding.recording, f"{finding.kind}: {finding.value}")
        elif finding.kind == "unknown label":
            unknown.add((finding.recording, finding.instance))
    if len(reasons) > MOST * len(file.database):
        raise ValueError(
            f"{file.path}: --fix would leave out {len(reasons)} of {len(file.database)} "
            "recordings, so that nothing was written. Check the feature folder, file names, "
            "feature stride and frame rate first"
        )
    database = {}
    for video_id, entry in file.database.items():
        if video_id in reasons:
            _log(changes, "recording removed", video_id, reason=reasons[video_id])
        else:
            database[video_id] = _clean_entry(video_id, entry, file, report, unknown, changes)
    if not any(entry["annotations"] for entry in database.values()):
        raise ValueError(f"{file.path}: no usable instance is left, so that nothing was written")
    return database


def _in_format(path: Path, changes: list[dict[str, Any]]) -> AnnotationContent:
    """The file without what is not in the format, which is logged."""
    raw, replaced = read_database(path)
    for video_id, _ in replaced:
        _log(changes, "repetition removed", video_id, reason="the last entry of the name is kept")
    findings = Findings()
    file = read_file(path, findings)
    for video_id in raw.keys() - file.database.keys():
        reason = next(f.value for f in findings if f.recording == video_id)
        _log(changes, "recording removed", video_id, reason=reason)
    for finding in findings:
        if finding.kind == "malformed entry" and finding.recording in file.database:
            what = "value removed" if finding.instance is None else "instance removed"
            _log(changes, what, finding.recording, finding.instance, reason=finding.value)
    return file


def _clean_entry(
    video_id: str,
    entry: dict[str, Any],
    file: AnnotationContent,
    report: Report,
    unknown: set[tuple[str | None, int | None]],
    changes: list[dict[str, Any]],
) -> dict[str, Any]:
    entry = dict(entry)
    if entry.get("duration") is None:
        entry.pop("duration", None)
        if video_id in report.extents:
            entry["duration"] = report.extents[video_id]
            _log(changes, "duration added", video_id, after=entry["duration"])
    if "fps" in entry and entry["fps"] is None:
        del entry["fps"]
    end_of_recording = entry.get("duration", float("inf"))
    kept: list[tuple[int, dict[str, Any]]] = []
    instances = entry.get("annotations", [])
    numbers = file.numbers.get(video_id, range(len(instances)))
    for number, instance in zip(numbers, instances, strict=True):
        event, before = is_point(instance), times_of(instance)
        if (video_id, number) in unknown:
            reason = f"unknown label '{instance['label']}'"
            _log(changes, "instance removed", video_id, number, before=before, reason=reason)
            continue
        start, end = min(before), max(before)
        clipped = [max(start, 0.0), min(end, end_of_recording)]
        if event:
            clipped = [min(max(start, 0.0), end_of_recording)] * 2
            lost = abs(clipped[0] - start) > end_tolerance(entry.get("fps"))
        else:
            lost = clipped[1] - clipped[0] < DUPLICATE_TOLERANCE
        if lost:
            empty = not event and end - start < DUPLICATE_TOLERANCE
            reason = "empty" if empty else "outside the recording"
            _log(changes, "instance removed", video_id, number, before=before, reason=reason)
            continue
        if before != clipped:
            swapped = before[0] > before[1]
            what = "segment swapped" if swapped else f"{'time' if event else 'segment'} clipped"
            _log(changes, what, video_id, number, before=before, after=clipped)
            # values in frames would contradict the new segment
            instance = {k: v for k, v in instance.items() if not k.startswith("segment(")}
            instance |= {"time": clipped[0]} if event else {"segment": clipped}
        kept.append((number, instance))
    repeated = repeated_instances([(*times_of(i), i["label"]) for _, i in kept])
    for index, other in repeated.items():
        reason = f"repeats instance {kept[other][0]}"
        before = times_of(kept[index][1])
        _log(changes, "instance removed", video_id, kept[index][0], before=before, reason=reason)
    entry["annotations"] = [i for index, (_, i) in enumerate(kept) if index not in repeated]
    entry["annotations"] += file.rest.get(video_id, {}).values()
    return entry


def _is_numbered(database: Mapping[str, dict[str, Any]]) -> bool:
    """Whether labels go from 0 to K-1 without gaps."""
    names, _ = names_by_id(database)
    return sorted(names) == list(range(len(names)))


def _number_classes(database: dict[str, dict[str, Any]], changes: list[dict[str, Any]]) -> None:
    """Give the classes new numbers, in the order of their names."""
    names, conflicts = names_by_id(database)
    labels = {i["label"] for entry in database.values() for i in entry["annotations"]}
    numbers = {label: number for number, label in enumerate(sorted(labels))}
    for entry in database.values():
        entry["annotations"] = [
            {**instance, "label_id": numbers[instance["label"]]}
            for instance in entry["annotations"]
        ]
    reason = conflicts[0][1] if conflicts else f"label ids were {sorted(names)}"
    _log(changes, "classes numbered again", None, after=numbers, reason=reason)


def _log(
    changes: list[dict[str, Any]],
    change: str,
    recording: str | None,
    instance: int | None = None,
    **details: Any,
) -> None:
    found = {"change": change, "recording": recording, "instance": instance, **details}
    changes.append({name: value for name, value in found.items() if value is not None})
