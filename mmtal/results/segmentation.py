"""Segmentations: one label per frame, from detections and back.

F is the number of frames of a recording; -1 stands for background.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mmtal.results.instance_table import MIN_DURATION, InstanceTable
from mmtal.structures import RecordingView

BACKGROUND = -1


def frame_labels(
    segments: NDArray[np.float64],
    labels: NDArray[np.int64],
    scores: NDArray[np.float64],
    *,
    num_frames: int,
    frames_per_second: float,
) -> NDArray[np.int64]:
    """One label per frame from instances that may overlap.

    Frame ``i`` stands for the time ``(i + 0.5) / frames_per_second``. The highest score wins, and
    of equal scores (ground truth) the shorter instance.

    Args:
        segments: (N, 2), seconds.
        labels: (N,).
        scores: (N,).
        num_frames: F.
        frames_per_second: Frames per second.

    Returns:
        (F,), -1 where no instance lies.
    """
    frames = np.full(num_frames, BACKGROUND, dtype=np.int64)
    edges = np.ceil(segments * frames_per_second - 0.5).clip(0, num_frames).astype(np.int64)
    last_wins = np.lexsort((segments[:, 0] - segments[:, 1], scores))
    for row in last_wins:
        frames[edges[row, 0] : edges[row, 1]] = labels[row]
    return frames


def label_runs(frames: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Runs of equal labels, background left out: (R, 2) start and stop frame, (R,) labels."""
    if not len(frames):
        return np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    cuts = np.flatnonzero(np.diff(frames)) + 1
    bounds = np.concatenate([[0], cuts, [len(frames)]])
    labels = frames[bounds[:-1]]
    runs = np.stack([bounds[:-1], bounds[1:]], axis=1)
    return runs[labels != BACKGROUND], labels[labels != BACKGROUND]


def instances_of_runs(
    frames: Mapping[str, NDArray[np.int64]],
    frames_per_second: float,
    scores: Mapping[str, NDArray[np.float64]] | None = None,
) -> InstanceTable:
    """Each run of equal labels as an instance, background left out.

    Args:
        frames: (F,) labels of each recording.
        frames_per_second: Frames per second.
        scores: (F,) of each recording; an instance has the mean over its frames, 1 without them.
    """
    videos = {}
    for name, own in frames.items():
        runs, labels = label_runs(own)
        values = np.ones(len(own)) if scores is None else scores[name]
        sums = np.append(0.0, np.cumsum(values))[runs]
        videos[name] = dict(
            segments=runs / frames_per_second,
            labels=labels,
            scores=np.diff(sums)[:, 0] / np.diff(runs)[:, 0],
        )
    return InstanceTable.from_videos(videos)


def without_overlaps(detections: InstanceTable) -> InstanceTable:
    """Of each recording the best set of detections of which no two overlap.

    It has the highest sum of score times length, and is found by dynamic programming (weighted
    interval scheduling). What only touches, within 1 ms, does not overlap; detections no longer
    than that are left out. The order of rows stays.
    """
    kept = [
        rows[_best_set(detections.segments[rows], detections.scores[rows])]
        for _, rows in detections.rows_by_recording()
    ]
    return detections.select(np.sort(np.concatenate([np.zeros(0, np.int64), *kept])))


def as_segmentation(
    detections: InstanceTable, score_thr: float | None = None, *, otherwise: float = 0.3
) -> InstanceTable:
    """:func:`without_overlaps` of the detections that score at least ``score_thr``.

    None: all count where no two overlap, for they are a segmentation; else those that score at
    least ``otherwise``.
    """
    best = without_overlaps(detections)
    if score_thr is None and len(best) == len(detections):
        return best
    least = otherwise if score_thr is None else score_thr
    return without_overlaps(detections.select(detections.scores >= least))


def segmentation_view(
    view: RecordingView, score_thr: float | None, otherwise: float
) -> RecordingView:
    """The recording with :func:`as_segmentation` of its predictions."""
    columns = dict(segments=view.pred_segments, labels=view.pred_labels, scores=view.pred_scores)
    found = InstanceTable.from_videos({view.video_id: columns})
    found = as_segmentation(found, score_thr, otherwise=otherwise)
    return replace(
        view, pred_segments=found.segments, pred_labels=found.labels, pred_scores=found.scores
    )


def _best_set(segments: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of the best set."""
    order = np.argsort(segments[:, 1], kind="stable")
    order = order[segments[order, 1] - segments[order, 0] > MIN_DURATION]
    start, end = segments[order].T
    before = np.searchsorted(end, start + MIN_DURATION, side="right")
    best = np.zeros(len(order) + 1)
    taken = np.zeros(len(order), dtype=bool)
    for row, weight in enumerate((scores[order] * (end - start)).tolist()):
        with_it = best[before[row]] + weight
        taken[row] = with_it > best[row]
        best[row + 1] = max(with_it, best[row])
    rows: list[int] = []
    row = len(order)
    while row:
        row -= 1
        if taken[row]:
            rows.append(int(order[row]))
            row = int(before[row])
    return np.array(rows, dtype=np.int64)
