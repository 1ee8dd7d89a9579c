"""Detection average precision and Recall@kx."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.matching import Pairs, greedy_match, overlapping_pairs
from mmtal.evaluation.thresholds import tiou_grid
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
        return _class_mean(self.ap)

    @property
    def mean_recall(self) -> NDArray[np.float64]:
        """(T, K) mean over the classes; NaN without ground truth."""
        return _class_mean(self.recall)

    @property
    def average_map(self) -> float:
        """Mean over classes and tIoU thresholds; NaN without ground truth."""
        return float(self.mean_ap.mean())


def detection_scores(
    truth: InstanceTable,
    detections: InstanceTable,
    tiou_thresholds: str | Sequence[float],
    *,
    recall_at: Sequence[int] = (),
    label_handling: LabelHandling = "corrected",
) -> DetectionScores:
    """Average precision per class and tIoU threshold (VOC 2011, every point interpolated).

    Detections are taken by falling score; each takes the free instance of its class and recording
    with the highest tIoU, if that reaches the threshold. A detection in a recording that the
    ground truth does not list is a false positive. Recall@kx: the share of instances that one of
    the k * n best detections reaches, where n is the number of instances of that class in that
    recording; one detection may reach several.

    Args:
        truth: Ground truth, see :func:`without_duplicates`.
        detections: Their order decides between equal scores, see :func:`score_order`.
        tiou_thresholds: See :func:`tiou_grid`.
        recall_at: The k of Recall@kx.
        label_handling: What becomes of detections of a class that the ground truth lacks.
            ``corrected``: ignored. ``official``: as in the official ActionFormer, where the
            classes present are renumbered 0..C-1 and absent ones keep their number, hence count
            as another class.
    """
    thresholds = tiou_grid(tiou_thresholds)
    if label_handling not in get_args(LabelHandling):
        raise ValueError(
            f"label_handling must be one of {get_args(LabelHandling)}, but got {label_handling!r}"
        )
    if any(k < 1 for k in recall_at):
        raise ValueError(f"recall_at must be integers >= 1, but got {tuple(recall_at)}")

    classes, truth_class = np.unique(truth.labels, return_inverse=True)
    pred_class = _renumber(detections.labels, classes, label_handling)
    order = score_order(detections, pred_class)
    order = order[pred_class[order] >= 0]
    pred_class = pred_class[order]

    # One number for recording and class; below 0, hence without partner, if not listed (-1).
    truth_group = truth.video * len(classes) + truth_class
    pred_video = detections.video_index_in(truth.video_ids)[order]
    pred_group = pred_video * len(classes) + pred_class
    pairs = overlapping_pairs(
        pred_group, detections.segments[order], truth_group, truth.segments, thresholds.min()
    )
    num_truth = np.bincount(truth_class, minlength=len(classes))
    hits = _true_positives(pairs, thresholds, len(order))
    ends = np.searchsorted(pred_class, np.arange(len(classes) + 1))
    ap = np.zeros((len(thresholds), len(classes)))
    for index, (low, high) in enumerate(pairwise(ends)):
        ap[:, index] = interpolated_average_precision(hits[:, low:high], num_truth[index])
    recall = _recall_at_kx(pairs, thresholds, recall_at, pred_group, truth_group, truth_class)
    return DetectionScores(classes, thresholds, tuple(recall_at), ap, recall / num_truth)


def score_order(detections: InstanceTable, group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows by group, then by falling score.

    Equal scores are ordered by the recording's name, then by row, so that the figures depend
    neither on the order of the recordings nor on the machine. (The official ActionFormer leaves
    ties to NumPy's unstable sort: on detections with scores of five digits its mAP differs by up
    to 0.007 between processors.)
    """
    by_name = np.argsort(np.argsort(np.array(detections.video_ids, dtype=str)))
    return np.lexsort((by_name[detections.video], -detections.scores, group))


def interpolated_average_precision(hits: NDArray[np.bool_], num_truth: int) -> NDArray[np.float64]:
    """Area under the precision-recall curve whose precision never rises with recall (VOC 2011).

    Args:
        hits: (T, M) whether each detection, best score first, is a true positive.
        num_truth: Instances to be found.

    Returns:
        (T,).
    """
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    return (envelope * hits).sum(axis=1) / num_truth


def _renumber(
    labels: NDArray[np.int64], classes: NDArray[np.int64], label_handling: LabelHandling
) -> NDArray[np.int64]:
    """(M,) labels -> index into ``classes`` (C,), -1 for those to be ignored."""
    if not len(classes):
        return np.full(len(labels), -1)
    index = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    present = classes[index] == labels
    if label_handling == "corrected":
        return np.where(present, index, -1)
    return np.where(present, index, np.where(labels < len(classes), labels, -1))


def _true_positives(
    pairs: Pairs, thresholds: NDArray[np.float64], num_pred: int
) -> NDArray[np.bool_]:
    """(T, M)."""
    pred, truth, tiou = pairs
    hits = np.zeros((len(thresholds), num_pred), dtype=bool)
    for row, threshold in zip(hits, thresholds, strict=True):
        near = tiou >= threshold
        row[pred[near][greedy_match(pred[near], truth[near])]] = True
    return hits


def _recall_at_kx(
    pairs: Pairs,
    thresholds: NDArray[np.float64],
    recall_at: Sequence[int],
    pred_group: NDArray[np.int64],
    truth_group: NDArray[np.int64],
    truth_class: NDArray[np.int64],
) -> NDArray[np.float64]:
    """(T, K, C) number of instances reached; predictions come best score first."""
    pred, truth, tiou = pairs
    num_classes = int(truth_class.max(initial=-1)) + 1
    found = np.zeros((len(thresholds), len(recall_at), num_classes))
    if not recall_at or not len(pred):
        return found
    rank = rank_in_group(pred_group)[pred]
    in_group = np.bincount(truth_group)[truth_group][truth]
    for t, threshold in enumerate(thresholds):
        for k, multiple in enumerate(recall_at):
            reached = np.unique(truth[(tiou >= threshold) & (rank < multiple * in_group)])
            found[t, k] = np.bincount(truth_class[reached], minlength=num_classes)
    return found


def rank_in_group(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """(M,) how many earlier rows are of the same group."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered, "left")
    return rank


def _class_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    return values.mean(axis=-1)
