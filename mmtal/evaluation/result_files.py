"""Results and annotations on disk, in the layout of ActivityNet's evaluation."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.evaluation.functional.instance_table import InstanceTable
from mmtal.files import whole_file, write_json

GZIP = b"\x1f\x8b"
"""The first bytes of a gzipped file, whatever its name."""


def video_list_sha256(video_ids: Iterable[str]) -> str:
    """Name of a list of recordings: SHA-256 of the sorted ids, one per line."""
    return hashlib.sha256("\n".join(sorted(video_ids)).encode()).hexdigest()


def write_results(
    path: str | Path,
    detections: InstanceTable,
    classes: Sequence[str],
    stamp: Mapping[str, Any],
) -> None:
    """Write detections as ActivityNet results JSON; ``stamp`` goes under the key ``mmtal``.

    A path that ends in ``.gz`` is gzipped, equal content to equal bytes.
    """
    results: dict[str, list] = {video: [] for video in detections.video_ids}
    rows = zip(
        detections.video.tolist(),
        detections.segments.tolist(),
        detections.labels.tolist(),
        detections.scores.tolist(),
        strict=True,
    )
    for video, segment, label, score in rows:
        results[detections.video_ids[video]].append(
            dict(label=classes[label], label_id=label, segment=segment, score=score)
        )
    content = dict(version="mmtal 1", results=results, external_data={}, mmtal=dict(stamp))
    if Path(path).suffix == ".gz":
        with whole_file(path) as temporary:
            # Without the time of writing, a file that is committed changes only with its content.
            temporary.write_bytes(gzip.compress(json.dumps(content).encode(), mtime=0))
    else:
        write_json(path, content)


def read_results(path: str | Path, classes: Sequence[str]) -> InstanceTable:
    """Read detections from an ActivityNet results JSON; labels are names or numbers.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no results file, or holds an unknown label; file and recording are named.
    """
    results = _read_object(path).get("results")
    if not isinstance(results, dict):
        raise ValueError(f"{path} must hold an object 'results': {{recording: [detections]}}")
    label_of = {name: label for label, name in enumerate(classes)}
    videos: dict[str, dict[str, list]] = {}
    for video, detections in results.items():
        where = f"{path}, recording '{video}'"
        if not isinstance(detections, list) or not all(isinstance(d, dict) for d in detections):
            raise ValueError(f"{where} must be a list of objects {{label, segment, score}}")
        videos[video] = dict(
            segments=[_segment(d, where) for d in detections],
            labels=[_label(d, label_of, where) for d in detections],
            scores=[_score(d, where) for d in detections],
        )
    try:
        return InstanceTable.from_videos(videos)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_recordings(path: str | Path) -> list[str]:
    """Names of the recordings that a results JSON lists, those without a detection included."""
    results = _read_object(path).get("results")
    return list(results) if isinstance(results, dict) else []


def read_ground_truth(
    path: str | Path, subset: str | Sequence[str]
) -> tuple[InstanceTable, list[str]]:
    """Instances of one or several subsets of an annotation JSON, and the classes by label.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no annotation file, or lacks the subset.
    """
    annotations = AnnotationFile(path)
    recordings = annotations.recordings(subset)
    everything = annotations.database.values()
    ids = [a["label_id"] for e in everything for a in e.get("annotations", ()) if "label_id" in a]
    # A class of the benchmark need not occur in the file: gaps are no mistake here.
    classes = annotations.class_names(max(ids) + 1 if ids else None)
    label_of = {name: label for label, name in enumerate(classes)}
    videos = {
        video: dict(
            segments=[a["segment"] for a in entry.get("annotations", ())],
            labels=[label_of[a["label"]] for a in entry.get("annotations", ())],
        )
        for video, entry in recordings.items()
    }
    return InstanceTable.from_videos(videos), classes


def _read_object(path: str | Path) -> dict:
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    data = path.read_bytes()
    try:
        content = json.loads(gzip.decompress(data) if data.startswith(GZIP) else data)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is gzipped, but damaged or cut short: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold a JSON object, but got a {type(content).__name__}")
    return content


def _segment(detection: Mapping, where: str) -> list[float]:
    segment = detection.get("segment")
    if isinstance(segment, list) and len(segment) == 2 and all(map(_is_number, segment)):
        return segment
    raise ValueError(f"{where}: 'segment' must be [start, end] in seconds, but got {segment!r}")


def _label(detection: Mapping, label_of: Mapping[str, int], where: str) -> int:
    label = detection.get("label", detection.get("label_id"))
    if isinstance(label, str) and label in label_of:
        return label_of[label]
    if isinstance(label, int) and not isinstance(label, bool) and label >= 0:
        return label
    raise ValueError(f"{where}: label {label!r} is not a class of the annotations")


def _score(detection: Mapping, where: str) -> float:
    score = detection.get("score")
    if _is_number(score):
        return score
    raise ValueError(f"{where}: 'score' must be a number, but got {score!r}")


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
