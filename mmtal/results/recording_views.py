"""Read recordings with ground truth and predictions for pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_ground_truth, read_results
from mmtal.structures import RecordingView


def read_recording_views(
    ann_file: str | Path,
    subset: str | Sequence[str],
    results_file: str | Path | None = None,
    class_file: str | Path | None = None,
) -> tuple[list[RecordingView], list[str]]:
    """The recordings of some subsets with their ground truth and, if given, their predictions.

    Where the annotations lack a duration, the last end of an instance or prediction stands in.
    Recordings come in the order of the file; also returned are the classes by label. ValueError: a
    file is not in its format, or has no recording of the subset.
    ``class_file`` names the numbers in the results.
    """
    truth, classes = read_ground_truth(ann_file, subset)
    entries = AnnotationFile(ann_file).recordings(subset)
    found = None
    if results_file is not None:
        found = read_results(results_file, classes, class_file=class_file)
    gt, pred = _by_recording(truth), {} if found is None else _by_recording(found)
    views = []
    for video_id, entry in entries.items():
        own: dict[str, Any] = {f"gt_{k}": v for k, v in gt[video_id].items() if k != "scores"}
        own |= {f"pred_{k}": v for k, v in pred.get(video_id, {}).items()}
        ends = [own[k].max() for k in ("gt_segments", "pred_segments") if k in own and own[k].size]
        duration = entry.get("duration") or max(ends, default=1.0)
        views.append(RecordingView(video_id, float(duration), **own))
    return views, classes


def _by_recording(table: InstanceTable) -> dict[str, Mapping[str, np.ndarray]]:
    return {
        name: dict(
            segments=table.segments[rows], labels=table.labels[rows], scores=table.scores[rows]
        )
        for name, rows in table.rows_by_recording()
    }
