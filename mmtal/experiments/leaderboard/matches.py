"""Matches of a run, kept beside its record: mAP of any resampling, without the data.

Hits are decided within one recording, so folds are pooled, and recordings are drawn again, without
matching again. A file ``<record>.matches.npz`` holds for the protocol of number ``i`` in ``index``
(JSON text, a list of objects with ``protocol``, ``classes``, ``video_ids``, ``tiou_thresholds``,
``normalized_above`` and ``poolable``) these arrays:

- ``i.num_truth`` int32 (V, K): instances of each class in each recording;
- ``i.pred_class`` uint16 (M,): index into ``classes``;
- ``i.pred_video`` int32 (M,): index into ``video_ids``, -1 for a recording not listed there;
- ``i.scores`` float64 (M,);
- ``i.hits`` uint8 (T, ceil(M / 8)): ``numpy.packbits`` of the true positives.

Detections are ordered by class, then by falling score, recording's name and row. Letters: V
recordings, K classes of the benchmark (all its labels), M detections, T tIoU thresholds, B
resamplings.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.average_precision import average_precision, named_means
from mmtal.evaluation.matching import Matches, match_detections
from mmtal.evaluation.points import tolerances_as_tiou, widened
from mmtal.evaluation.protocols import EvaluationProtocol
from mmtal.results.instance_table import InstanceTable
from mmtal.utils.files import whole_file
from mmtal.utils.reading import file_exists, open_zip, read_file
from mmtal.utils.wording import repeated


@dataclass(frozen=True, kw_only=True)
class RunMatches(Matches):
    """Matches of all labels of a benchmark under one protocol.

    Attributes:
        protocol: Its name.
        class_names: K names by label; those without an instance are left out of means.
        normalized_above: Score that detections need to count for average-mAP_N; None: the protocol
            has no such figure.
        poolable: Whether hits of one fold are hits of all folds together. They are not where the
            protocol renumbers the classes that the ground truth holds, nor of points, whose
            ``tiou_thresholds`` stand for tolerances.
    """

    protocol: str
    class_names: tuple[str, ...]
    normalized_above: float | None
    poolable: bool

    def ap(
        self, video_weights: NDArray[np.float64] | None = None, *, normalized: bool = False
    ) -> NDArray[np.float64]:
        """(B, T, K) AP, or AP_N of the detections that score ``normalized_above`` or more.

        A recording of weight 2 in (B, V) counts as if it were there twice; None: all 1.
        """
        if not normalized:
            return average_precision(self, video_weights=video_weights)
        if self.normalized_above is None:
            raise ValueError(f"protocol {self.protocol} has no normalized mAP")
        sure = self.scores >= self.normalized_above
        return average_precision(self, normalized=True, video_weights=video_weights, made=sure)

    def figures(
        self, video_weights: NDArray[np.float64] | None = None
    ) -> dict[str, NDArray[np.float64]]:
        """The protocol's ``mAP``, ``mAP@0.50``, ..., ``mAP_N``, ...; each (B,)."""
        found = named_means("mAP", self.ap(video_weights), self.tiou_thresholds)
        if self.normalized_above is not None:
            normalized = self.ap(video_weights, normalized=True)
            found |= named_means("mAP_N", normalized, self.tiou_thresholds)
        return found


def find_matches(
    protocol: EvaluationProtocol,
    truth: InstanceTable,
    detections: InstanceTable,
    classes: Sequence[str],
) -> RunMatches:
    """Match as the protocol, one with mAP, does; the ground truth may be one fold.

    All is as :meth:`EvaluationProtocol.evaluate` takes it, ``classes`` being names by label.
    """
    truth, detections, names = protocol.prepare(truth, detections, classes, partial=True)
    thresholds = protocol.tiou_thresholds
    if protocol.points is not None:
        tolerances = protocol.points.tolerances
        truth, detections = (widened(table, tolerances) for table in (truth, detections))
        thresholds = tolerances_as_tiou(tolerances)
    num_classes = 1 + max(
        len(names) - 1, truth.labels.max(initial=-1), detections.labels.max(initial=-1)
    )
    names += [f"class_{label}" for label in range(len(names), num_classes)]
    found = match_detections(truth, detections, thresholds, classes=np.arange(num_classes))
    return RunMatches(
        protocol=protocol.name,
        class_names=tuple(names),
        normalized_above=protocol.normalized_above,
        poolable=protocol.label_handling == "corrected" and protocol.points is None,
        **{field.name: getattr(found, field.name) for field in fields(Matches)},
    )


def pool(parts: Sequence[RunMatches]) -> RunMatches:
    """Folds as one set of recordings.

    ValueError: they are of different protocols or classes, share a recording, or cannot be pooled
    under this protocol.
    """
    if not parts:
        raise ValueError("at least one fold must be given, but got none")
    first = parts[0]
    for part in parts:
        if (part.protocol, part.class_names) != (first.protocol, first.class_names):
            own, other = (f"{p.protocol} with {len(p.class_names)}" for p in (first, part))
            raise ValueError(
                f"folds must have the same protocol and classes, but got {own} classes and {other}"
            )
    if len(parts) > 1 and not first.poolable:
        raise ValueError(
            f"folds cannot be pooled under {first.protocol}, which renumbers the classes of each "
            "fold: use a protocol with corrected labels"
        )
    video_ids = [name for part in parts for name in part.video_ids]
    if twice := repeated(video_ids):
        raise ValueError(f"folds must not share recordings, but '{twice[0]}' is in two of them")
    starts = np.cumsum([0, *(len(part.video_ids) for part in parts)])
    video = [
        np.where(part.pred_video < 0, -1, part.pred_video + start)
        for part, start in zip(parts, starts, strict=False)
    ]
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
        for name in ("pred_class", "scores", "hits")
    }
    whole = replace(
        first,
        video_ids=tuple(video_ids),
        video_truth=np.concatenate([part.video_truth for part in parts]),
        pred_video=np.concatenate(video),
        **joined,
    )
    by_name = np.argsort(np.argsort(np.array(video_ids, dtype=str)))
    by_name = np.append(by_name, len(video_ids))  # -1: of no known name
    order = np.lexsort((by_name[whole.pred_video], -whole.scores, whole.pred_class))
    return whole.select(order)


def write_matches(path: str | Path, parts: Sequence[RunMatches]) -> None:
    """Write the matches of one run under several protocols, whole or not at all."""
    index = [
        dict(
            protocol=part.protocol,
            classes=part.class_names,
            video_ids=part.video_ids,
            normalized_above=part.normalized_above,
            poolable=part.poolable,
            tiou_thresholds=part.tiou_thresholds.tolist(),
        )
        for part in parts
    ]
    arrays: dict[str, NDArray[Any]] = {"index": np.array(json.dumps(index))}
    for i, part in enumerate(parts):
        arrays[f"{i}.num_truth"] = part.video_truth.astype(np.int32)
        arrays[f"{i}.pred_class"] = part.pred_class.astype(np.uint16)
        arrays[f"{i}.pred_video"] = part.pred_video.astype(np.int32)
        arrays[f"{i}.scores"] = part.scores
        arrays[f"{i}.hits"] = np.packbits(part.hits, axis=1)
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # its stubs want a bool


def read_matches(path: str | Path, protocol: str) -> RunMatches:
    """Read the matches under one protocol; ValueError: it lacks the protocol, or holds none."""
    if not file_exists(path):
        raise FileNotFoundError(f"{path}, the matches of a run, does not exist")
    data = read_file(path)
    with open_zip(path, data, problem="holds no matches of a run"):
        arrays = np.load(io.BytesIO(data), allow_pickle=False)  # opens the archive by itself
        index = json.loads(str(arrays["index"]))
        names = [entry["protocol"] for entry in index]
        if protocol in names:
            return _unpack(index[names.index(protocol)], arrays, names.index(protocol))
    raise ValueError(f"{path} has the protocols {', '.join(names)}, but not {protocol}")


def has_matches(path: str | Path, protocol: str) -> bool:
    """Whether there is a file of matches that has some under the protocol."""
    if not file_exists(path):
        return False
    data = read_file(path)
    with open_zip(path, data, problem="holds no matches of a run"):
        index = json.loads(str(np.load(io.BytesIO(data), allow_pickle=False)["index"]))
        return any(entry["protocol"] == protocol for entry in index)


def _unpack(entry: dict[str, Any], arrays: Any, i: int) -> RunMatches:
    scores = arrays[f"{i}.scores"]
    return RunMatches(
        protocol=entry["protocol"],
        class_names=tuple(entry["classes"]),
        classes=np.arange(len(entry["classes"])),
        video_ids=tuple(entry["video_ids"]),
        tiou_thresholds=np.array(entry["tiou_thresholds"]),
        normalized_above=entry["normalized_above"],
        poolable=entry["poolable"],
        video_truth=arrays[f"{i}.num_truth"].astype(np.int64),
        pred_class=arrays[f"{i}.pred_class"].astype(np.int64),
        pred_video=arrays[f"{i}.pred_video"].astype(np.int64),
        scores=scores,
        hits=np.unpackbits(arrays[f"{i}.hits"], axis=1, count=len(scores)).astype(bool),
    )
