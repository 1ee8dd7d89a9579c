"""Detection average precision, plain or normalized, and Recall@kx.

Source of the normalized one: Alwassel et al., "Diagnosing Error in Temporal Action Detectors"
(DETAD), ECCV 2018, after Hoiem et al., "Diagnosing Error in Object Detectors", ECCV 2012.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.matching import MatchedDetections, Matches, match_by_class, rank_in_group
from mmtal.evaluation.precision_curve import class_ap, precision_at_hits
from mmtal.evaluation.thresholds import Thresholds, threshold_name, tiou_grid
from mmtal.results.instance_table import InstanceTable

LabelHandling = Literal["official", "corrected"]
"""What becomes of detections of a class that the ground truth lacks."""


@dataclass(frozen=True)
class DetectionScores:
    """Per class figures, all in [0, 1].

    Attributes:
        classes: (C,) labels that the ground truth holds, ascending.
        tiou_thresholds: (T,).
        recall_at: K multiples k of Recall@kx.
        ap: (T, C).
        recall: (T, K, C).
    """

    classes: NDArray[np.int64]
    tiou_thresholds: NDArray[np.float64]
    recall_at: tuple[int, ...]
    ap: NDArray[np.float64]
    recall: NDArray[np.float64]

    @property
    def mean_ap(self) -> NDArray[np.float64]:
        """(T,) mean over the classes; NaN without ground truth."""
        return class_mean(self.ap)

    @property
    def mean_recall(self) -> NDArray[np.float64]:
        """(T, K) mean over the classes; NaN without ground truth."""
        return class_mean(self.recall)

    @property
    def average_map(self) -> float:
        """Mean over classes and tIoU thresholds; NaN without ground truth."""
        return float(self.mean_ap.mean())


def detection_scores(
    truth: InstanceTable,
    detections: InstanceTable,
    tiou_thresholds: Thresholds,
    *,
    recall_at: Sequence[int] = (),
    label_handling: LabelHandling = "corrected",
    normalized: bool = False,
) -> DetectionScores:
    """Average precision per class and tIoU threshold (VOC 2011, every point interpolated).

    Recall@kx: the share of instances that one of the k * n best detections reaches, where n is
    the number of instances of that class in that recording; one detection may reach several.

    Args:
        truth: As for :func:`mmtal.evaluation.matching.match_detections`, as are the next two.
        detections: As predicted.
        tiou_thresholds: A list, or ``"start:step:stop"``.
        recall_at: The k of Recall@kx.
        label_handling: What becomes of detections of a class that the ground truth lacks.
            ``corrected``: ignored. ``official``: see :func:`collided_labels`.
        normalized: AP_N in place of AP, see :func:`average_precision`.
    """
    if label_handling not in get_args(LabelHandling):
        raise ValueError(
            f"label_handling must be one of {get_args(LabelHandling)}, but got {label_handling!r}"
        )
    if any(k < 1 for k in recall_at):
        raise ValueError(f"recall_at must be integers >= 1, but got {tuple(recall_at)}")
    if label_handling == "official":
        detections = collided_labels(truth, detections)
    classes = np.unique(truth.labels)
    parts = [
        (
            average_precision(
                part, normalized=normalized, mean_truth=len(truth) / max(len(classes), 1)
            )[0],
            recall_at_kx(part, recall_at),
        )
        for part in match_by_class(truth, detections, tiou_thresholds, classes=classes)
    ]
    ap, recall = (np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
    return DetectionScores(
        classes=classes,
        tiou_thresholds=tiou_grid(tiou_thresholds),
        recall_at=tuple(recall_at),
        ap=ap,
        recall=recall,
    )


def average_precision(
    matches: Matches,
    *,
    normalized: bool = False,
    mean_truth: float | None = None,
    video_weights: NDArray[np.float64] | None = None,
    hits: NDArray[np.bool_] | None = None,
    made: NDArray[np.bool_] | None = None,
    num_truth: NDArray[np.int64] | None = None,
    found: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """(B, T, C) area under the precision-recall curve whose precision never rises (VOC 2011).

    Precision depends on how frequent a class is: with the same detector, a rare class has the
    lower precision. Normalized precision supposes that every class had the mean number of
    instances, so that classes, and parts of the ground truth, can be compared:
    ``r * n / (r * n + false positives)`` for recall r and n = instances / classes.

    Args:
        matches: Detections and their hits.
        normalized: AP_N in place of AP.
        mean_truth: Instances that it supposes; None: the mean of the classes of the matches.
        video_weights: (B, V) how often each recording counts, >= 0; None: B = 1, each once. What
            lies in no listed recording counts once.
        hits: (T, M) true positives; None: those of the matches.
        made: (M,) or (T, M) detections that count at all; None: all.
        num_truth: (C,) instances to be found, where not all are.
        found: (T, C) instances found besides, with a score above all others.

    Returns:
        NaN for classes without an instance.
    """
    num_thresholds, num_classes = len(matches.tiou_thresholds), len(matches.classes)
    if video_weights is None:
        video_weights = np.ones((1, len(matches.video_ids)))
    weights = np.ones((len(video_weights), len(matches.video_ids) + 1))
    weights[:, :-1] = video_weights
    video = np.where(matches.pred_video < 0, len(matches.video_ids), matches.pred_video)
    made = np.atleast_2d(np.ones(len(video), dtype=bool) if made is None else made)
    hits = (matches.hits if hits is None else hits) & made
    if found is None:
        found = np.zeros((num_thresholds, num_classes), dtype=np.int64)
    total = video_weights @ matches.video_truth  # (B, C)
    wanted = total if num_truth is None else np.broadcast_to(num_truth, total.shape) + 0.0
    gain = np.ones_like(total)
    if normalized:
        mean = total.sum(axis=1, keepdims=True) / np.maximum((total > 0).sum(axis=1), 1)[:, None]
        mean = mean if mean_truth is None else mean_truth
        np.divide(mean, wanted, out=gain, where=wanted > 0)
    ap = np.empty((len(weights), num_thresholds, num_classes))
    ends = matches.class_ends
    for c in range(num_classes):
        own = slice(ends[c], ends[c + 1])
        threshold, row = np.nonzero(hits[:, own])
        ap[:, :, c] = class_ap(
            weights,
            video[own],
            np.ascontiguousarray(row),
            np.searchsorted(threshold, np.arange(num_thresholds + 1)),
            made[:, own],
            wanted[:, c],
            gain[:, c],
            found[:, c].astype(np.float64),
        )
    return ap


def class_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the last axis, the classes, those that are NaN left out; NaN if all are."""
    present = ~np.isnan(values)
    count = present.sum(axis=-1)
    total = np.where(present, values, 0).sum(axis=-1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def named_means(
    name: str, ap: NDArray[np.float64], tiou_thresholds: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Means of (B, T, C) over the classes, (B,) each: ``mAP``, ``mAP@0.50``, ... for ``mAP``."""
    means = class_mean(ap)
    by_threshold = {
        f"{name}@{threshold_name(t)}": means[:, i] for i, t in enumerate(tiou_thresholds)
    }
    return {name: means.mean(axis=1)} | by_threshold


def hit_precision(matches: Matches, *, normalized: bool = False) -> NDArray[np.float64]:
    """(T, M) precision down to each hit, plain or normalized; 0 at false positives."""
    precision = np.zeros(matches.hits.shape)
    ends, num_truth = matches.class_ends, matches.num_truth
    average = num_truth.sum() / max((num_truth > 0).sum(), 1)
    for c, number in enumerate(num_truth):
        gain = average / number if normalized else 1.0
        once = np.ones(ends[c + 1] - ends[c])
        for row, hits in zip(precision, matches.hits[:, ends[c] : ends[c + 1]], strict=True):
            own = np.flatnonzero(hits)
            row[ends[c] + own] = precision_at_hits(once, np.cumsum(once), own, gain, 0.0)
    return precision


def collided_labels(truth: InstanceTable, detections: InstanceTable) -> InstanceTable:
    """Labels of detections as the official ActionFormer release matches them.

    It renumbers the C classes present 0 to C-1 while absent ones keep their number, so that
    detections of an absent class below C count as another class.
    """
    present: NDArray[np.int64] = np.unique(truth.labels)
    collides = ~np.isin(detections.labels, present) & (detections.labels < len(present))
    labels = detections.labels.copy()
    labels[collides] = present[labels[collides]]
    return replace(detections, labels=labels)


def recall_at_kx(matches: MatchedDetections, recall_at: Sequence[int]) -> NDArray[np.float64]:
    """(T, K, C) share of instances that detections reach, see :func:`detection_scores`."""
    pred, truth, tiou = matches.pairs
    num_classes = len(matches.classes)
    found = np.zeros((len(matches.tiou_thresholds), len(recall_at), num_classes))
    if recall_at and len(pred):
        group = matches.pred_video * num_classes + matches.pred_class
        rank = rank_in_group(group)[pred]
        in_group = matches.video_truth[matches.truth.video, matches.truth_class][truth]
        for t, threshold in enumerate(matches.tiou_thresholds):
            for k, multiple in enumerate(recall_at):
                reached = np.unique(truth[(tiou >= threshold) & (rank < multiple * in_group)])
                found[t, k] = np.bincount(matches.truth_class[reached], minlength=num_classes)
    return found / matches.num_truth
