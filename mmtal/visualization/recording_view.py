"""What is known of one recording, as pictures and reports need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_ground_truth, read_results


def _no_segments() -> np.ndarray:
    return np.zeros((0, 2))


def _no_labels() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class RecordingView:
    """Ground truth (N) and predictions (M) of one recording; times in seconds.

    Args:
        video_id: Name of the recording.
        duration: Length in seconds.
        gt_segments: (N, 2).
        gt_labels: int (N,).
        pred_segments: (M, 2); empty where nothing was predicted.
        pred_scores: (M,).
        pred_labels: int (M,).
    """

    video_id: str
    duration: float
    gt_segments: np.ndarray = field(default_factory=_no_segments)
    gt_labels: np.ndarray = field(default_factory=_no_labels)
    pred_segments: np.ndarray = field(default_factory=_no_segments)
    pred_scores: np.ndarray = field(default_factory=lambda: np.zeros(0))
    pred_labels: np.ndarray = field(default_factory=_no_labels)


def read_recording_views(
    ann_file: str | Path, subset: str | Sequence[str], results_file: str | Path | None = None
) -> tuple[list[RecordingView], list[str]]:
    """The recordings of some subsets with their ground truth and, if given, their predictions.

    Where the annotations lack a duration, the last end of an instance or prediction stands in.

    Args:
        ann_file: Annotation JSON.
        subset: Name or names; case does not matter.
        results_file: ActivityNet results JSON.

    Returns:
        The recordings in the order of the file, and the names of the classes by label.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: A file is not in its format, or has no recording of the subset.
    """
    truth, classes = read_ground_truth(ann_file, subset)
    entries = AnnotationFile(ann_file).recordings(subset)
    found = None if results_file is None else read_results(results_file, classes)
    gt, pred = _by_recording(truth), {} if found is None else _by_recording(found)
    views = []
    for video_id, entry in entries.items():
        own: dict[str, Any] = {f"gt_{k}": v for k, v in gt[video_id].items() if k != "scores"}
        own |= {f"pred_{k}": v for k, v in pred.get(video_id, {}).items()}
        ends = [own[k].max() for k in ("gt_segments", "pred_segments") if k in own and own[k].size]
        duration = entry.get("duration") or max(ends, default=1.0)
        views.append(RecordingView(video_id, float(duration), **own))
    return views, classes


def without_classes(
    view: RecordingView, classes: Sequence[str], model: Any
) -> tuple[RecordingView, list[str]]:
    """What to draw of a model: where its head knows no classes, neither do the pictures."""
    if len(classes) < 2 or getattr(getattr(model, "head", None), "num_classes", None) != 1:
        return view, list(classes)
    return replace(view, gt_labels=0 * view.gt_labels, pred_labels=0 * view.pred_labels), [
        "any class"
    ]


def _by_recording(table: InstanceTable) -> dict[str, Mapping[str, np.ndarray]]:
    order = np.argsort(table.video, kind="stable")
    bounds = np.searchsorted(table.video[order], np.arange(len(table.video_ids) + 1))
    return {
        name: dict(
            segments=table.segments[rows], labels=table.labels[rows], scores=table.scores[rows]
        )
        for name, rows in zip(
            table.video_ids,
            (order[a:b] for a, b in pairwise(bounds)),
            strict=True,
        )
    }
