"""Read and write results and annotations, as tables or as recordings for pictures."""

import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions import activitynet
from mmtal.results.submissions.file_content import read_content
from mmtal.results.submissions.formats import read_detections
from mmtal.results.submissions.official_list import class_names
from mmtal.structures import RecordingView
from mmtal.utils.reading import reading


def video_list_sha256(video_ids: Iterable[str]) -> str:
    """Name of a list of recordings: SHA-256 of the sorted ids, one per line."""
    return hashlib.sha256("\n".join(sorted(video_ids)).encode()).hexdigest()


def write_results(
    path: str | Path, detections: InstanceTable, classes: Sequence[str], stamp: Mapping[str, Any]
) -> None:
    """Write detections as ActivityNet results JSON; ``stamp`` goes under the key ``mmtal``.

    A path that ends in ``.gz`` is gzipped; equal content makes equal bytes.
    """
    extra = {"mmtal": dict(stamp)}
    activitynet.write(path, detections, classes, version="mmtal 1", extra=extra)


def read_results(
    path: str | Path,
    classes: Sequence[str],
    *,
    part: str | None = None,
    class_file: str | Path | None = None,
) -> InstanceTable:
    """Read detections of any system, in any of ``submissions.formats.FORMATS``.

    The file may be gzipped, or in a zip archive; its labels are names or numbers, see
    :meth:`~mmtal.results.submissions.raw_detections.RawDetections.label_numbers`. Times are taken
    as they are: an Ego4D submission, in seconds of the clip, is up to 0.5 s off annotations that
    begin with the clip's features, until it is converted (``mmtal results convert --ann``).

    ``part``, of a file that holds several results, is ``verb``, ``noun`` or ``action`` of an
    EPIC-Kitchens submission, ``detect`` (the default) or ``retrieve`` of one for Ego4D.
    ``class_file`` names the file's numbers: lines ``7 BaseballPitch``, a table or annotations.
    ValueError: the file is in no known format, or rows cannot be used: kinds and places are named.
    """
    form, _, raw = read_detections(path, part=part, class_file=class_file)
    if form.name == "ego4d":
        warnings.warn(
            f"{path}: times are taken as seconds of the clip; annotations that begin with the "
            "clip's features, as ours do, are up to 0.5 s off. mmtal results convert with --ann "
            "moments_val.json shifts them",
            stacklevel=2,
        )
    table = raw.table(classes)
    raw.problems.raise_if_any()
    return table


def read_recordings(path: str | Path) -> list[str]:
    """Names of the recordings that results list, those without a detection included.

    ValueError: it is in no known format.
    """
    _, _, raw = read_detections(path, default_part="verb")
    return list(raw.videos)


def score_threshold(results_file: str | Path | None, given: float | None = None) -> float:
    """From which score on detections are shown: as given, else where the results say F1 is best.

    Only ``mmtal test`` and ``mmtal infer`` write a threshold; else it is 0.3.
    """
    if given is not None or results_file is None:
        return 0.3 if given is None else given
    content = read_content(results_file).json
    stamp = content.get("mmtal") if isinstance(content, dict) else None
    point = stamp.get("operating_point") if isinstance(stamp, dict) else None
    with reading(results_file, "has an operating point without a score"):
        return float(point["score_thr"]) if isinstance(point, dict) else 0.3


def read_ground_truth(
    path: str | Path, subset: str | Sequence[str]
) -> tuple[InstanceTable, list[str]]:
    """Instances of one or several subsets of an annotation JSON, and the classes by label.

    ValueError: it is no annotation file, or lacks the subset.
    """
    annotations = AnnotationFile(path)
    recordings = annotations.recordings(subset)
    classes = class_names(annotations)
    label_of = {name: label for label, name in enumerate(classes)}
    videos = {
        video: dict(
            segments=[a["segment"] for a in entry.get("annotations", ())],
            labels=[label_of[a["label"]] for a in entry.get("annotations", ())],
        )
        for video, entry in recordings.items()
    }
    return InstanceTable.from_videos(videos), classes


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


def read_together(
    paths: Sequence[str | Path],
    classes: Sequence[str] | None = None,
    *,
    labels_count: bool = True,
    class_file: str | Path | None = None,
) -> tuple[list[InstanceTable], list[str]]:
    """Detections of several files in any format, and the names of their labels.

    Without ``classes``, the names that occur, sorted; with ``labels_count=False``, for proposals,
    labels may be anything and ``classes`` is not used. ``class_file`` names the numbers in the
    files. ValueError: a file cannot be read, holds a class that ``classes`` lacks, or its labels
    are numbers and ``classes`` is None.
    """
    files = [read_detections(path, class_file=class_file)[2] for path in paths]
    if not labels_count:
        labels = {row.label for f in files for rows in f.videos.values() for row in rows}
        classes = sorted(label for label in labels if isinstance(label, str))
    elif classes is None:
        names: set[str] = set()
        for path, file in zip(paths, files, strict=True):
            own = file.class_names()
            if own is None:
                raise ValueError(
                    f"{path}: labels are numbers, so their names are needed: give the annotation "
                    "file (--ann), or a file of class names (--classes)"
                )
            names.update(own)
        classes = sorted(names)
    tables = []
    for file in files:
        table = file.table(classes)
        file.problems.raise_if_any()
        tables.append(table)
    return tables, list(classes)


def recordings_not_in_all(tables: Sequence[InstanceTable]) -> list[str]:
    """Names of the recordings that some of the tables lack, sorted.

    ValueError: no recording is in all of them.
    """
    lists = [set(table.video_ids) for table in tables]
    everywhere = lists[0].intersection(*lists)
    if not everywhere:
        examples = ", ".join(f"'{min(names)}'" if names else "none" for names in lists)
        raise ValueError(
            f"results must be of the same recordings, but none is in all files, which have such "
            f"as {examples}"
        )
    return sorted(lists[0].union(*lists) - everywhere)
