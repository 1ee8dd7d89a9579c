"""Which detection hits which instance, and which instance it overlaps most.

Letters as in ``instance_table``: N ground truth, M detections, C classes present, T thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.average_precision import rank_in_group, score_order
from mmtal.evaluation.matching import Pairs, greedy_match, overlapping_pairs
from mmtal.evaluation.thresholds import tiou_grid
from mmtal.results.instance_table import InstanceTable

MIN_TIOU = 0.1
"""Below it two segments have nothing to do with each other (DETAD)."""


@dataclass(frozen=True)
class MatchedDetections:
    """Detections class by class, best score first, and the instances that they hit.

    Detections of classes that the ground truth lacks are left out (protocol ``corrected``).

    Attributes:
        truth: N instances.
        detections: M detections, in the order above.
        rows: (M,) row of each detection in the table that was given.
        classes: (C,) labels that the ground truth holds, ascending.
        tiou_thresholds: (T,).
        truth_class: (N,) index into ``classes``.
        pred_class: (M,) index into ``classes``.
        pred_video: (M,) index into ``truth.video_ids``; -1 in recordings not listed there.
        matched: (T, M) row of the instance that a true positive hits, -1 for a false positive.
    """

    truth: InstanceTable
    detections: InstanceTable
    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    tiou_thresholds: NDArray[np.float64]
    truth_class: NDArray[np.int64]
    pred_class: NDArray[np.int64]
    pred_video: NDArray[np.int64]
    matched: NDArray[np.int64]

    @property
    def hits(self) -> NDArray[np.bool_]:
        """(T, M) whether each detection is a true positive."""
        return self.matched >= 0

    @property
    def num_truth(self) -> NDArray[np.int64]:
        """(C,) instances of each class: DETAD's G."""
        return np.bincount(self.truth_class, minlength=len(self.classes))

    @property
    def average_instances(self) -> float:
        """Mean number of instances of a class; normalized precision takes it for every class."""
        return len(self.truth) / max(len(self.classes), 1)

    def share_of_g(self) -> NDArray[np.int64]:
        """(M,) 0 for the G best detections of a class with G instances, 1 for the next G, ..."""
        return rank_in_group(self.pred_class) // self.num_truth[self.pred_class]

    def found(self, use: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(T, N) which instances the detections ``use``, (M,) or (T, M), hit."""
        found = np.zeros((len(self.matched), len(self.truth)), dtype=bool)
        for row, matched, used in zip(
            found, self.matched, np.broadcast_to(use, self.matched.shape), strict=True
        ):
            row[matched[used & (matched >= 0)]] = True
        return found


def match_detections(
    truth: InstanceTable, detections: InstanceTable, tiou_thresholds: str | Sequence[float]
) -> MatchedDetections:
    """Match as average precision does: by falling score, the free instance of highest tIoU."""
    thresholds = tiou_grid(tiou_thresholds)
    classes, truth_class = np.unique(truth.labels, return_inverse=True)
    rows = np.flatnonzero(np.isin(detections.labels, classes))
    label_class = np.searchsorted(classes, detections.labels[rows])
    order = score_order(detections.select(rows), label_class)
    rows, pred_class = rows[order], label_class[order]
    ordered = detections.select(rows)
    pred_video = ordered.video_index_in(truth.video_ids)
    pairs = overlapping_pairs(
        # Below 0, hence without partner, in recordings that are not listed.
        pred_video * len(classes) + pred_class,
        ordered.segments,
        truth.video * len(classes) + truth_class,
        truth.segments,
        thresholds.min(),
    )
    matched = np.full((len(thresholds), len(rows)), -1)
    for row, threshold in zip(matched, thresholds, strict=True):
        pred, instance, tiou = pairs
        near = tiou >= threshold
        pred, instance = pred[near], instance[near]
        taken = greedy_match(pred, instance)
        row[pred[taken]] = instance[taken]
    return MatchedDetections(
        truth=truth,
        detections=ordered,
        rows=rows,
        classes=classes,
        tiou_thresholds=thresholds,
        truth_class=truth_class,
        pred_class=pred_class,
        pred_video=pred_video,
        matched=matched,
    )


@dataclass(frozen=True)
class Overlaps:
    """Detections and instances of the same recording that overlap, whatever their labels.

    Attributes:
        pairs: Row of the detection, row of the instance, tIoU.
        same: (P,) whether the two have the same label.
        tiou: (M,) highest tIoU of each detection with an instance; 0 if none reaches the limit.
        instance: (M,) row of that instance, -1 if there is none. Of instances that overlap
            equally one with the detection's label goes before others.
    """

    pairs: Pairs
    same: NDArray[np.bool_]
    tiou: NDArray[np.float64]
    instance: NDArray[np.int64]


def find_overlaps(matches: MatchedDetections, *, min_tiou: float = MIN_TIOU) -> Overlaps:
    """Overlaps of at least ``min_tiou``, or the lowest threshold where that is lower."""
    pred, instance, tiou = pairs = overlapping_pairs(
        matches.pred_video,
        matches.detections.segments,
        matches.truth.video,
        matches.truth.segments,
        min(min_tiou, matches.tiou_thresholds.min()),
    )
    same = matches.pred_class[pred] == matches.truth_class[instance]
    order = np.lexsort((instance, ~same, -tiou, pred))
    first = order[np.unique(pred[order], return_index=True)[1]]
    best = np.zeros(len(matches.rows))
    nearest = np.full(len(matches.rows), -1)
    best[pred[first]] = tiou[first]
    nearest[pred[first]] = instance[first]
    return Overlaps(pairs=pairs, same=same, tiou=best, instance=nearest)
