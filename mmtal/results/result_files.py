"""Read and write results and annotations, as tables or as recordings for pictures."""

import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.annotation_file import AnnotationFile, read_database
from mmtal.datasets.point_events import only_points
from mmtal.results.instance_table import ANY_CLASS, InstanceTable
from mmtal.results.submissions import activitynet
from mmtal.results.submissions.file_content import read_content
from mmtal.results.submissions.formats import read_detections
from mmtal.results.submissions.official_list import class_names
from mmtal.structures.recording_view import RecordingView, usual_tolerance
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
    class_agnostic: bool = False,
) -> InstanceTable:
    """Read detections of any system, in any of ``submissions.formats.FORMATS``.

    The file may be gzipped, or in a zip archive; its labels are names or numbers, see
    :meth:`~mmtal.results.submissions.raw_detections.RawDetections.label_numbers`. Times are taken
    as they are: an Ego4D submission, in seconds of the clip, is up to 0.5 s off annotations that
    begin with the clip's features, until it is converted (``mmtal results convert --ann``).

    ``part``, of a file that holds several results, is ``verb``, ``noun`` or ``action`` of an
    EPIC-Kitchens submission, ``detect`` (the default) or ``retrieve`` of one for Ego4D.
    ``class_file`` names the file's numbers: lines ``7 BaseballPitch``, a table or annotations.
    With ``class_agnostic``, labels may be anything, and all become 0.
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
    if class_agnostic:
        labels = {row.label for rows in raw.videos.values() for row in rows}
        classes = sorted(label for label in labels if isinstance(label, str))
        raw.problems.take(("no label",))
    table = raw.table(classes)
    raw.problems.raise_if_any()
    return table.one_class() if class_agnostic else table


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
    point = _operating_point(results_file)
    with reading(results_file, "has an operating point without a score"):
        return float(point["score_thr"]) if point else 0.3


def _operating_point(results_file: str | Path) -> Mapping[str, Any]:
    """What the results say of where F1 is best; empty: nothing."""
    content = read_content(results_file).json
    stamp = content.get("mmtal") if isinstance(content, dict) else None
    point = stamp.get("operating_point") if isinstance(stamp, dict) else None
    return point if isinstance(point, dict) else {}


def read_ground_truth(
    path: str | Path, subset: str | Sequence[str], *, points: bool = False
) -> tuple[InstanceTable, list[str]]:
    """Instances of one or several subsets of an annotation JSON, and the classes by label.

    With ``points``, the events without duration instead, those that are "not shown" (SoccerNet)
    with a score of -1. ValueError: it is no annotation file, or lacks the subset.
    """
    annotations = AnnotationFile(path, points=points)
    recordings = annotations.recordings(subset)
    classes = class_names(annotations)
    label_of = {name: label for label, name in enumerate(classes)}
    videos = {
        video: dict(
            segments=[a["segment"] for a in entry.get("annotations", ())],
            labels=[label_of[a["label"]] for a in entry.get("annotations", ())],
            scores=[
                -1.0 if points and a.get("visibility") == "not shown" else 1.0
                for a in entry.get("annotations", ())
            ],
        )
        for video, entry in recordings.items()
    }
    return InstanceTable.from_videos(videos), classes


def read_facts(path: str | Path, subset: str | Sequence[str], name: str) -> dict[str, float]:
    """``duration`` (s) or ``fps`` of each recording of a subset whose annotations say it."""
    entries = read_database(Path(path))[0]
    wanted = {subset.lower()} if isinstance(subset, str) else {part.lower() for part in subset}
    return {
        video: float(entry[name])
        for video, entry in entries.items()
        if entry.get(name) and entry["subset"].lower() in wanted
    }


def read_recording_views(
    ann_file: str | Path,
    subset: str | Sequence[str],
    results_file: str | Path | None = None,
    class_file: str | Path | None = None,
    *,
    class_agnostic: bool = False,
    tolerance: float | None = None,
) -> tuple[list[RecordingView], list[str]]:
    """The recordings of some subsets with their ground truth and, if given, their predictions.

    Where the annotations lack a duration, the last end of an instance or prediction stands in.
    Recordings come in the order of the file; also returned are the classes by label. ValueError: a
    file is not in its format, or has no recording of the subset. Events without duration, if there
    are no segments, have a ``tolerance`` in seconds, by default that of the results, or else half
    the usual length of predictions. ``class_file`` names the numbers
    in the results; with ``class_agnostic``, labels do not matter.
    """
    if tolerance is not None and not 0 < tolerance < float("inf"):
        raise ValueError(f"tolerance must be > 0 seconds, and finite, but got {tolerance:g}")
    points = only_points(read_database(Path(ann_file))[0])
    truth, classes = read_ground_truth(ann_file, subset, points=points)
    entries = AnnotationFile(ann_file, points=points).recordings(subset)
    found = None
    if results_file is not None:
        found = read_results(
            results_file, classes, class_file=class_file, class_agnostic=class_agnostic
        )
    if class_agnostic:
        truth, classes = truth.one_class(), [ANY_CLASS]
    gt, pred = _by_recording(truth), {} if found is None else _by_recording(found)
    views = []
    for video_id, entry in entries.items():
        own: dict[str, Any] = {f"gt_{k}": v for k, v in gt[video_id].items() if k != "scores"}
        own |= {f"pred_{k}": v for k, v in pred.get(video_id, {}).items()}
        ends = [own[k].max() for k in ("gt_segments", "pred_segments") if k in own and own[k].size]
        duration = entry.get("duration") or max(ends, default=1.0)
        views.append(RecordingView(video_id, float(duration), **own))
    if points:
        if tolerance is None and results_file is not None:
            tolerance = event_tolerance(results_file)
        tolerance = tolerance or usual_tolerance(views)
        views = [view.as_events(tolerance) for view in views]
    elif tolerance:
        raise ValueError(
            f"{ann_file}: tolerances are for events without duration, but there are none"
        )
    return views, classes


def event_tolerance(results_file: str | Path) -> float | None:
    """Seconds that events may be off where the results' F1 is best; None: it is not known."""
    text = str(_operating_point(results_file).get("tolerance", ""))
    with reading(results_file, "has an operating point without a tolerance"):
        return float(text.removesuffix(" s")) if text.endswith(" s") else None


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
        if not labels_count:
            file.problems.take(("no label",))
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
