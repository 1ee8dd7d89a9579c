"""ActivityNet's results JSON: ``{version, results: {recording: [detections]}, external_data}``.

A detection is ``{label, score, segment: [start, end] (s)}``. Sources: the evaluation code of the
ActivityNet challenges (``Evaluation/eval_detection.py``: the three fields must be there, and an
unknown label ends it) and its guidelines; the pages of the HACS challenges, which ask for the same.
DETAD reads it, MMAction2, OpenTAD, G-TAD and many others write it, not all with all three fields.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmtal.datasets.problems import Problems
from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions.file_content import FileContent, write_content
from mmtal.results.submissions.raw_detections import RawDetections

VERSION = "VERSION 1.3"
FIELDS = ("version", "results", "external_data")


def matches(content: FileContent) -> bool:
    """Whether it is an object with ``results``."""
    return "results" in content.object


def read(content: FileContent, raw: RawDetections) -> None:
    """Add all detections; a label is ``label``, else ``label_id``.

    ValueError: the file is not in the layout.
    """
    read_recordings(content, content.object.get("results"), raw, where="results")


def read_recordings(content: FileContent, found: Any, raw: RawDetections, *, where: str) -> None:
    """Add the detections of an object ``{recording: [detections]}``.

    ValueError: it is no such object.
    """
    for video, number, detection in each_detection(content, found, raw, where=where):
        label = detection.get("label")
        if "label" not in detection and "label_id" in detection:
            label, raw.is_from_0 = detection["label_id"], True  # as in annotations
        segment, score = detection.get("segment"), detection.get("score")
        if segment is None and "time" in detection:
            segment = [detection["time"]] * 2
        raw.add(video, segment, label, score, f"detection {number}")


def each_detection(
    content: FileContent, found: Any, raw: RawDetections, *, where: str
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """List the recordings of an object ``{recording: [detections]}`` and go through them.

    Recording, position in its list, detection. ValueError: it is no such object.
    """
    if not isinstance(found, dict):
        raise ValueError(
            f"{content.path} must hold an object '{where}': {{recording: [detections]}}"
        )
    for video, detections in found.items():
        if not isinstance(detections, list) or not all(isinstance(d, dict) for d in detections):
            raise ValueError(
                f"{content.path}, recording '{video}' must be a list of objects "
                "{label, segment, score}"
            )
        raw.recording(video)
        for number, detection in enumerate(detections):
            yield video, number, detection


def check_header(content: FileContent, problems: Problems) -> None:
    """Note the fields that the evaluation server would miss."""
    for name in FIELDS:
        if name not in content.object:
            problems.add("wrong field", f"'{name}' is missing")


def check_fields(content: FileContent, expected: Mapping[str, str], problems: Problems) -> None:
    """Note the fields that have other values than these."""
    for name, value in expected.items():
        found = content.object.get(name)
        if found != value:
            problems.add("wrong field", f"'{name}' must be {value!r}, but is {found!r:.40}")


def write(
    path: str | Path,
    detections: InstanceTable,
    classes: Sequence[str],
    *,
    version: str = VERSION,
    external_data: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write detections; numbers come back as they are.

    A path that ends in ``.gz`` or ``.zip`` is packed. ``external_data`` says what other data were
    used; ``extra`` are more fields.
    """
    declared = {} if external_data is None else {"used": True, "details": external_data}
    before = json.dumps({"version": version})[:-1]
    after = json.dumps({"external_data": declared, **(extra or {})})[1:]

    def text() -> Iterator[str]:  # as json.dumps of the whole, but never all of it in memory
        start = f'{before}, "results": {{'
        for video, rows in detections.rows_by_recording():
            yield start + json.dumps({video: _rows(detections.select(rows), classes)})[1:-1]
            start = ", "
        yield f"{start if start != ', ' else ''}}}, {after}\n"

    write_content(path, text(), member="results.json")


def rows_by_recording(
    detections: InstanceTable, classes: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Detections as ``{recording: [{label, label_id, segment, score}]}``, all recordings listed."""
    return {
        video: _rows(detections.select(rows), classes)
        for video, rows in detections.rows_by_recording()
    }


def _rows(detections: InstanceTable, classes: Sequence[str]) -> list[dict[str, Any]]:
    return [
        dict(label=classes[label], label_id=label, segment=segment, score=score)
        for _, segment, label, score in detections.rows()
    ]
