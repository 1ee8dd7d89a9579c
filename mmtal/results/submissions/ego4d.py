"""Submissions to the Ego4D Moment Queries challenge.

``{version: "1.0", challenge: "ego4d_moment_queries", detect_results, retrieve_results}``; both
results are ``{clip: [{label, score, segment: [start, end]}]}`` in seconds of the **clip**. mAP is
of ``detect_results``, Recall@1x of ``retrieve_results``. Sources: the baseline of the challenge
(``episodic-memory/MQ``: ``Merge_detection_retrieval.py``, ``Evaluation/ego4d``), whose evaluation
of recall fails on a clip that is missing and takes the first detections of a class in the order of
the file: they are written by falling score. It has no limit of detections; the baseline writes 200
for each clip.

The features of a clip are cut out of features of its video, so that the recordings of the official
ActionFormer, and of ours, begin up to 15 frames before the clip: :class:`OfficialList` says by how
much, and times are shifted by it.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.problems import Problems
from mmtal.preparation.importers.formats.ego4d import STRIDE
from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions.activitynet import check_fields, read_recordings, rows_by_recording
from mmtal.results.submissions.file_content import FileContent, write_content
from mmtal.results.submissions.official_list import OfficialList, Submission
from mmtal.results.submissions.raw_detections import RawDetections

HEADER = {"version": "1.0", "challenge": "ego4d_moment_queries"}
PARTS = {"detect": "detect_results", "retrieve": "retrieve_results"}


def matches(content: FileContent) -> bool:
    """Whether it is an object with ``detect_results``."""
    return PARTS["detect"] in content.object


def read(content: FileContent, raw: RawDetections) -> None:
    """Add the detections of a part: ``detect`` (the default) or ``retrieve``.

    ValueError: the file is not in the layout.
    """
    key = PARTS[raw.part or "detect"]
    read_recordings(content, content.object.get(key), raw, where=key)


def check_header(content: FileContent, problems: Problems) -> None:
    """Note the fields that the server would refuse."""
    check_fields(content, HEADER, problems)
    if PARTS["retrieve"] not in content.object:
        problems.add("wrong field", f"'{PARTS['retrieve']}' is missing")


def write(path: str | Path, submission: Submission) -> None:
    """Write a submission."""
    detected = (submission.detections, submission.classes)
    found = dict(detect=detected, retrieve=submission.retrieved or detected)
    results = {}
    for part, (table, names) in found.items():
        by_score = table.select(np.argsort(-table.scores, kind="stable"))
        results[PARTS[part]] = rows_by_recording(by_score, names)
    content = {**HEADER, **results}
    write_content(path, json.dumps(content) + "\n", member="submission.json")


def read_clips(path: Path, videos: Sequence[Any]) -> OfficialList:
    """The clips of ``moments_val.json`` or ``moments_test_unannotated.json``.

    Clips that were annotated without a primary label are not evaluated and left out. ValueError: a
    clip lacks its times, or ends before it starts.
    """
    durations: dict[str, float | None] = {}
    starts: dict[str, float] = {}
    steps: dict[str, float] = {}
    names: set[str] = set()
    for clip in (clip for video in videos for clip in video["clips"]):
        try:
            first, last = max(float(clip["video_start_sec"]), 0.0), float(clip["video_end_sec"])
            frames = max(int(clip["video_start_frame"]), 0), int(clip["video_end_frame"])
            labels = [
                label["label"]
                for annotator in clip.get("annotations") or ()
                for label in annotator.get("labels") or ()
                if label["primary"]
            ]
            if not (first < last and frames[0] < frames[1]):
                raise ValueError(f"an end after its start, but is {first} to {last} s")
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}, clip '{clip.get('clip_uid')}': lacks {error}") from error
        names.update(labels)
        if clip.get("annotations") is not None and not labels:
            continue
        durations[clip["clip_uid"]] = last - first
        rate = (frames[1] - frames[0]) / (last - first)
        starts[clip["clip_uid"]] = (frames[0] % STRIDE) / rate
        steps[clip["clip_uid"]] = STRIDE / rate
    return OfficialList(
        str(path), durations, starts=starts, steps=steps, annotated_classes=frozenset(names)
    )


def to_clip_time(detections: InstanceTable, official: OfficialList) -> InstanceTable:
    """Times from the start of our recording to times from the start of the clip.

    What lies in the frames by which the recording overhangs its clip is clipped.
    """
    shift, step, duration = (
        np.array([values.get(v, default) for v in detections.video_ids])[detections.video][:, None]
        for values, default in (
            (official.starts, 0.0),
            (official.steps, 0.0),
            (official.durations, np.inf),
        )
    )
    segments = detections.segments - shift
    segments = np.where((segments < 0) & (segments >= -step), 0, segments)
    segments = np.where((segments > duration) & (segments <= duration + step), duration, segments)
    return replace(detections, segments=segments)


def from_clip_time(detections: InstanceTable, official: OfficialList) -> InstanceTable:
    """Times from the start of the clip to times from the start of our recording."""
    shift = np.array([official.starts.get(video, 0.0) for video in detections.video_ids])
    return replace(detections, segments=detections.segments + shift[detections.video][:, None])
