"""Check detections against the list of recordings of a submission."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mmtal.datasets.problems import Problems
from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions.official_list import OfficialList

TOLERANCE = 1e-3
"""Seconds that a segment may lie outside its recording: rounding, not a mistake."""


def checked(
    detections: InstanceTable, official: OfficialList | None, problems: Problems
) -> InstanceTable:
    """Note all that is wrong, and return the detections with it fixed.

    Segments without a length are left out and, where the list of recordings is known: segments are
    clipped to their recording, recordings that it does not name are left out, and those without
    results get an empty list.
    """
    start, end = detections.segments.T
    _note(problems, "reversed or empty segment", detections, start >= end)
    if official is None:
        return detections.select(start < end)
    for video in detections.video_ids:
        if video not in official.durations:
            problems.add("unlisted recording", f"'{video}' is not in {official.source}")
    there = set(detections.video_ids)
    missing = [video for video in official.durations if video not in there]
    for video in missing:
        problems.add("missing recording", f"'{video}' of {official.source} has no results")
    # In the order of the results: it decides between tied scores.
    listed = [video for video in detections.video_ids if video in official.durations] + missing
    own = detections.video_index_in(listed)
    limit = np.array([official.durations[v] or np.inf for v in listed] + [np.inf])[own]
    outside = ((start < -TOLERANCE) | (end > limit + TOLERANCE)) & (start < end)
    ends = [f"recording ends at {value:.3f} s" for value in limit[outside]]
    _note(problems, "segment outside the recording", detections, outside, ends)
    clipped = np.stack([start.clip(min=0), np.minimum(end, limit)], axis=1)
    keep = (own >= 0) & (start < end) & (clipped[:, 0] < clipped[:, 1])
    fixed = replace(
        detections,
        video_ids=tuple(listed),
        video=own,
        segments=np.where(outside[:, None], clipped, detections.segments),
    )
    return fixed.select(keep)


def best_per_recording(detections: InstanceTable, count: int) -> InstanceTable:
    """The detections of highest score of each recording, in their order; ties to the first."""
    order = np.lexsort((np.arange(len(detections)), -detections.scores, detections.video))
    video = detections.video[order]
    rank = np.arange(len(order)) - np.searchsorted(video, video)
    return detections.select(np.sort(order[rank < count]))


def _note(
    problems: Problems,
    kind: str,
    detections: InstanceTable,
    mask: NDArray[np.bool_],
    more: Sequence[str] = (),
) -> None:
    for number, row in enumerate(np.flatnonzero(mask).tolist()):
        start, end = detections.segments[row]
        video = detections.video_ids[detections.video[row]]
        text = f"recording '{video}': {start:.3f} to {end:.3f} s"
        problems.add(kind, f"{text}, {more[number]}" if more else text)
