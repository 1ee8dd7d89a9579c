"""Which detection hit an instance, kept beside a record: mAP of any resampling, without the data.

Hits are decided within one recording, so folds are pooled, and recordings are drawn again, without
matching anew. A file ``<record>.matches.npz`` holds for the protocol of number ``i`` in ``index``
(JSON text, a list of objects with ``protocol``, ``classes``, ``video_ids``, ``tiou_thresholds``,
``normalized_above`` and ``poolable``) these arrays:

- ``i.num_truth`` int32 (V, K): instances of each class in each recording;
- ``i.pred_class`` uint16 (M,): index into ``classes``;
- ``i.pred_video`` int32 (M,): index into ``video_ids``, -1 for a recording not listed there;
- ``i.scores`` float64 (M,);
- ``i.hits`` uint8 (T, ceil(M / 8)): ``numpy.packbits`` of the true positives.

Detections are ordered by class, then by falling score, recording's name and row. Letters: V
recordings, K classes of the benchmark, M detections, T tIoU thresholds, B resamplings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.average_precision import score_order
from mmtal.evaluation.matching import greedy_match, overlapping_pairs
from mmtal.evaluation.protocols import EvaluationProtocol
from mmtal.evaluation.thresholds import tiou_grid
from mmtal.results.instance_table import InstanceTable
from mmtal.utils.files import whole_file

_LISTED = ("protocol", "classes", "video_ids", "normalized_above", "poolable")


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Detections of V recordings under one protocol; see the module for order and letters.

    Attributes:
        protocol: Its name.
        classes: K names by label; those without an instance are left out of means.
        video_ids: V names.
        tiou_thresholds: (T,).
        normalized_above: Score that detections need to count for average-mAP_N; None: the protocol
            has no such figure.
        poolable: Whether hits of one fold are hits of all folds together. They are not where the
            protocol renumbers the classes that the ground truth holds.
        num_truth: (V, K).
        pred_class: (M,).
        pred_video: (M,).
        scores: (M,).
        hits: (T, M).
    """

    protocol: str
    classes: tuple[str, ...]
    video_ids: tuple[str, ...]
    tiou_thresholds: NDArray[np.float64]
    normalized_above: float | None
    poolable: bool
    num_truth: NDArray[np.int64]
    pred_class: NDArray[np.int64]
    pred_video: NDArray[np.int64]
    scores: NDArray[np.float64]
    hits: NDArray[np.bool_]

    def select(self, rows: NDArray[Any]) -> Matches:
        """The detections that a mask or an index array picks."""
        return replace(
            self,
            pred_class=self.pred_class[rows],
            pred_video=self.pred_video[rows],
            scores=self.scores[rows],
            hits=self.hits[:, rows],
        )


def find_matches(
    protocol: EvaluationProtocol,
    truth: InstanceTable,
    detections: InstanceTable,
    classes: Sequence[str],
) -> Matches:
    """Match as the protocol does.

    Args:
        protocol: One with mAP.
        truth: As :meth:`EvaluationProtocol.evaluate` takes it, as are the other two; it may be
            one fold.
        detections: As predicted.
        classes: Names by label.
    """
    truth, detections, names = protocol.prepare(truth, detections, classes, partial=True)
    num_classes = 1 + max(
        len(names) - 1, truth.labels.max(initial=-1), detections.labels.max(initial=-1)
    )
    names += [f"class_{label}" for label in range(len(names), num_classes)]
    thresholds = tiou_grid(protocol.tiou_thresholds)
    ordered = detections.select(score_order(detections, detections.labels))
    video = ordered.video_index_in(truth.video_ids)
    pred, instance, tiou = overlapping_pairs(
        # Below 0, hence without partner, in recordings that are not listed.
        np.where(video < 0, -1, video * num_classes + ordered.labels),
        ordered.segments,
        truth.video * num_classes + truth.labels,
        truth.segments,
        thresholds.min(),
    )
    hits = np.zeros((len(thresholds), len(ordered)), dtype=bool)
    for row, threshold in zip(hits, thresholds, strict=True):
        near = tiou >= threshold
        row[pred[near][greedy_match(pred[near], instance[near])]] = True
    num_truth = np.zeros((len(truth.video_ids), num_classes), dtype=np.int64)
    np.add.at(num_truth, (truth.video, truth.labels), 1)
    return Matches(
        protocol=protocol.name,
        classes=tuple(names),
        video_ids=truth.video_ids,
        tiou_thresholds=thresholds,
        normalized_above=protocol.normalized_above,
        poolable=protocol.label_handling == "corrected",
        num_truth=num_truth,
        pred_class=ordered.labels,
        pred_video=video,
        scores=ordered.scores,
        hits=hits,
    )


def pool(parts: Sequence[Matches]) -> Matches:
    """Folds as one set of recordings.

    Raises:
        ValueError: They are of different protocols or classes, share a recording, or cannot be
            pooled under this protocol.
    """
    if not parts:
        raise ValueError("at least one fold must be given, but got none")
    first = parts[0]
    for part in parts:
        if (part.protocol, part.classes) != (first.protocol, first.classes):
            raise ValueError(
                f"folds must have the same protocol and classes, but got {first.protocol} with "
                f"{len(first.classes)} classes and {part.protocol} with {len(part.classes)}"
            )
    if len(parts) > 1 and not first.poolable:
        raise ValueError(
            f"folds cannot be pooled under {first.protocol}, which renumbers the classes of each "
            "fold: use a protocol with corrected labels"
        )
    video_ids = [name for part in parts for name in part.video_ids]
    if len(set(video_ids)) < len(video_ids):
        repeated = next(name for name in video_ids if video_ids.count(name) > 1)
        raise ValueError(f"folds must not share recordings, but '{repeated}' is in two of them")
    starts = np.cumsum([0, *(len(part.video_ids) for part in parts)])
    video = [
        np.where(part.pred_video < 0, -1, part.pred_video + start)
        for part, start in zip(parts, starts, strict=False)
    ]
    whole = replace(
        first,
        video_ids=tuple(video_ids),
        num_truth=np.concatenate([part.num_truth for part in parts]),
        pred_class=np.concatenate([part.pred_class for part in parts]),
        pred_video=np.concatenate(video),
        scores=np.concatenate([part.scores for part in parts]),
        hits=np.concatenate([part.hits for part in parts], axis=1),
    )
    by_name = np.argsort(np.argsort(np.array(video_ids, dtype=str)))
    by_name = np.append(by_name, len(video_ids))  # -1: of no known name
    order = np.lexsort((by_name[whole.pred_video], -whole.scores, whole.pred_class))
    return whole.select(order)


def average_precision(
    matches: Matches,
    video_weights: NDArray[np.float64] | None = None,
    *,
    normalized: bool = False,
) -> NDArray[np.float64]:
    """(B, T, K) AP, or AP_N, NaN for classes without an instance in the resampling.

    A recording of weight 2 counts as if it were there twice.

    Args:
        matches: Detections and their hits.
        video_weights: (B, V), each >= 0; None: one resampling, all 1.
        normalized: AP_N of the detections that score ``normalized_above`` or more.
    """
    weights = np.ones((1, len(matches.video_ids))) if video_weights is None else video_weights
    if normalized:
        if matches.normalized_above is None:
            raise ValueError(f"protocol {matches.protocol} has no normalized mAP")
        matches = matches.select(matches.scores >= matches.normalized_above)
    num_truth = weights @ matches.num_truth  # (B, K)
    present = (num_truth > 0).sum(axis=1)
    mean_truth = num_truth.sum(axis=1) / np.maximum(present, 1)  # (B,)
    # A recording that is not listed stays as it is.
    row_weights = np.append(weights, np.ones((len(weights), 1)), axis=1)
    ends = np.searchsorted(matches.pred_class, np.arange(len(matches.classes) + 1))
    ap = np.full((len(weights), len(matches.tiou_thresholds), len(matches.classes)), np.nan)
    for label, (low, high) in enumerate(pairwise(ends)):
        there = num_truth[:, label] > 0
        if not there.any():
            continue
        count = num_truth[there, label, None]  # (B', 1)
        weight = row_weights[there][:, matches.pred_video[low:high]]  # (B', M')
        gain = mean_truth[there, None] / count if normalized else 1.0
        for t, hit in enumerate(matches.hits[:, low:high]):
            hit_weight = weight * hit
            true = np.cumsum(hit_weight, axis=1) * gain
            total = true + np.cumsum(weight * ~hit, axis=1)
            precision = np.divide(true, total, out=np.zeros_like(total), where=total > 0)
            envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
            ap[there, t, label] = (envelope * hit_weight).sum(axis=1) / count[:, 0]
    return ap


def mean_ap(
    matches: Matches,
    video_weights: NDArray[np.float64] | None = None,
    *,
    normalized: bool = False,
) -> NDArray[np.float64]:
    """(B, T) mean over the classes that have an instance in the resampling; NaN if none has.

    Args:
        matches: As for :func:`average_precision`, as are the others.
        video_weights: (B, V).
        normalized: mAP_N.
    """
    ap = average_precision(matches, video_weights, normalized=normalized)
    present = ~np.isnan(ap)
    total = np.where(present, ap, 0).sum(axis=2)
    count = present.sum(axis=2)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def figures(
    matches: Matches, video_weights: NDArray[np.float64] | None = None
) -> dict[str, NDArray[np.float64]]:
    """The protocol's ``mAP``, ``mAP@0.50``, ..., ``mAP_N``, ...; each (B,)."""
    found = {}
    kinds = [("mAP", False)] + ([] if matches.normalized_above is None else [("mAP_N", True)])
    for name, normalized in kinds:
        means = mean_ap(matches, video_weights, normalized=normalized)
        found[name] = means.mean(axis=1)
        for t, threshold in enumerate(matches.tiou_thresholds):
            found[f"{name}@{threshold:.2f}"] = means[:, t]
    return found


def write_matches(path: str | Path, parts: Sequence[Matches]) -> None:
    """Write the matches of one run under several protocols, whole or not at all."""
    index = [
        {key: getattr(part, key) for key in _LISTED}
        | {"tiou_thresholds": part.tiou_thresholds.tolist()}
        for part in parts
    ]
    arrays: dict[str, NDArray[Any]] = {"index": np.array(json.dumps(index))}
    for i, part in enumerate(parts):
        arrays[f"{i}.num_truth"] = part.num_truth.astype(np.int32)
        arrays[f"{i}.pred_class"] = part.pred_class.astype(np.uint16)
        arrays[f"{i}.pred_video"] = part.pred_video.astype(np.int32)
        arrays[f"{i}.scores"] = part.scores
        arrays[f"{i}.hits"] = np.packbits(part.hits, axis=1)
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # its stubs want a bool


def read_matches(path: str | Path, protocol: str) -> Matches:
    """Read the matches under one protocol.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no such file, or lacks the protocol.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}, the matches of a run, does not exist")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            index = json.loads(str(arrays["index"]))
            names = [entry["protocol"] for entry in index]
            if protocol in names:
                return _unpack(index[names.index(protocol)], arrays, names.index(protocol))
    except (BadZipFile, KeyError, TypeError, ValueError, OSError, EOFError) as error:
        raise ValueError(f"{path} holds no matches of a run: {error}") from error
    raise ValueError(f"{path} has the protocols {', '.join(names)}, but not {protocol}")


def _unpack(entry: dict[str, Any], arrays: Any, i: int) -> Matches:
    scores = arrays[f"{i}.scores"]
    return Matches(
        protocol=entry["protocol"],
        classes=tuple(entry["classes"]),
        video_ids=tuple(entry["video_ids"]),
        tiou_thresholds=np.array(entry["tiou_thresholds"]),
        normalized_above=entry["normalized_above"],
        poolable=entry["poolable"],
        num_truth=arrays[f"{i}.num_truth"].astype(np.int64),
        pred_class=arrays[f"{i}.pred_class"].astype(np.int64),
        pred_video=arrays[f"{i}.pred_video"].astype(np.int64),
        scores=scores,
        hits=np.unpackbits(arrays[f"{i}.hits"], axis=1, count=len(scores)).astype(bool),
    )
