"""Confusions, calibration, curves and worst recordings: what is looked at at one threshold.

``threshold`` is its index among those of the matches.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.average_precision import average_precision, hit_precision
from mmtal.evaluation.matching import MatchedDetections
from mmtal.evaluation.operating_point import best_threshold
from mmtal.evaluation.pairs import greedy_match, overlapping_pairs

BINS = 10
NUMBER = 20
"""Of worst recordings."""


def confusion_matrix(matches: MatchedDetections, threshold: int) -> NDArray[np.int64]:
    """(C + 1, C + 1) instances by their class and by the class that they are detected as.

    It is made of the G best detections of each class with G instances, so that there are as many
    detections as instances. First each detection takes an instance of its own class, as in average
    precision; then those left over, best score first, take the free instance of another class with
    the highest tIoU, from the threshold (its index) on. The last row is background, the last column
    missed: a row sums to the instances of the class, a column to its detections.
    """
    number = len(matches.classes)
    matrix = np.zeros((number + 1, number + 1), dtype=np.int64)
    used = np.flatnonzero(matches.share_of_g() < 1)
    matched = matches.matched[threshold, used]
    hit = matched >= 0
    np.add.at(matrix, (matches.pred_class[used[hit]],) * 2, 1)

    free = np.ones(len(matches.truth), dtype=bool)
    free[matched[hit]] = False
    left, instances = used[~hit], np.flatnonzero(free)
    left = left[np.argsort(-matches.detections.scores[left], kind="stable")]
    pred, instance, _ = overlapping_pairs(
        matches.pred_video[left],
        matches.detections.segments[left],
        matches.truth.video[instances],
        matches.truth.segments[instances],
        matches.tiou_thresholds[threshold],
    )
    taken = greedy_match(pred, instance)
    pred, instance = left[pred[taken]], instances[instance[taken]]
    np.add.at(matrix, (matches.truth_class[instance], matches.pred_class[pred]), 1)

    free[instance] = False
    matrix[:number, number] = np.bincount(matches.truth_class[free], minlength=number)
    detected = np.bincount(matches.pred_class[used], minlength=number)
    matrix[number, :number] = detected - matrix[:number, :number].sum(axis=0)
    return matrix


def top_confusions(matrix: NDArray[np.int64], number: int) -> list[tuple[int, int, int]]:
    """The most frequent pairs of different classes: class, taken for, how often."""
    pairs = matrix[:-1, :-1].copy()
    np.fill_diagonal(pairs, 0)
    order = np.argsort(-pairs, axis=None, kind="stable")[:number]
    rows, columns = np.unravel_index(order, pairs.shape)
    return [
        (int(row), int(column), int(pairs[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if pairs[row, column]
    ]


@dataclass(frozen=True)
class Calibration:
    """Scores against the share of true positives.

    Attributes:
        edges: (11,) of the bins of scores, which are equally wide.
        counts: (10,) detections in each.
        score: (10,) their mean score, NaN if there is none.
        precision: (10,) share of true positives among them, NaN if there is none.
        ece: Expected calibration error (Guo et al., ICML 2017): mean distance of the two over all
            detections; NaN without detections, or if scores lie outside [0, 1].
        best_score: The threshold on the score with the highest F1 over all classes together; NaN
            where no detection is right.
        best_f1: That F1, and precision and recall there.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    score: NDArray[np.float64]
    precision: NDArray[np.float64]
    ece: float
    best_score: float
    best_f1: tuple[float, float, float]

    @property
    def bias(self) -> float:
        """Mean score less the share of true positives; above 0 the scores promise too much."""
        some = self.counts > 0
        weights = self.counts[some] / max(self.counts.sum(), 1)
        return float((weights * (self.score - self.precision)[some]).sum())


def calibrate(matches: MatchedDetections, threshold: int) -> Calibration:
    """Reliability of the scores of all detections at one threshold (its index)."""
    scores, hit = matches.detections.scores, matches.hits[threshold]
    low, high = (scores.min(), scores.max()) if len(scores) else (0.0, 1.0)
    probabilities = low >= 0 and high <= 1
    if probabilities:
        low, high = 0.0, 1.0
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    bins = (np.searchsorted(edges, scores, "right") - 1).clip(0, BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    score, precision = np.full((2, BINS), np.nan)
    some = counts > 0
    score[some] = np.bincount(bins, weights=scores, minlength=BINS)[some] / counts[some]
    precision[some] = np.bincount(bins, weights=hit, minlength=BINS)[some] / counts[some]
    distance = np.abs(score - precision)[some]
    reliable = bool(probabilities and len(scores))
    ece = float((counts[some] / counts.sum() * distance).sum()) if reliable else float("nan")
    best = (float("nan"), 0.0, 0.0, 0.0)
    if hit.any():
        best = best_threshold(scores, hit, len(matches.truth))
    return Calibration(edges, counts, score, precision, ece, best[0], best[1:])


@dataclass(frozen=True)
class PrecisionRecall:
    """The curve of one class at one threshold; P hits.

    Attributes:
        label: Of the class.
        num_truth: Instances of the class.
        recall: (P,) after each hit.
        precision: (P,) there, never rising (VOC 2011): the area below is the AP.
        ap: The area.
    """

    label: int
    num_truth: int
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    ap: float


def precision_recall(matches: MatchedDetections, threshold: int) -> list[PrecisionRecall]:
    """The curves of all classes, at the threshold with this index."""
    curves = []
    precision = hit_precision(matches)[threshold]
    ap = average_precision(matches)[0, threshold]
    for c, (low, high) in enumerate(pairwise(matches.class_ends)):
        own = precision[low:high][matches.hits[threshold, low:high]]
        number = int(matches.num_truth[c])
        curves.append(
            PrecisionRecall(
                label=int(matches.classes[c]),
                num_truth=number,
                recall=np.arange(1, len(own) + 1) / number,
                precision=np.maximum.accumulate(own[::-1])[::-1],
                ap=float(ap[c]),
            )
        )
    return curves


@dataclass(frozen=True)
class RecordingErrors:
    """What goes wrong in one recording, with the G best detections of each class.

    Attributes:
        video: Row in the list of recordings.
        video_id: Its name.
        instances: Number of instances.
        missed: Instances that no such detection hits.
        false: Such detections that hit nothing.
        shown: Rows of such detections among the matched ones.
    """

    video: int
    video_id: str
    instances: int
    missed: int
    false: int
    shown: NDArray[np.int64]

    @property
    def f1(self) -> float:
        """Share of hits among instances and detections; 0 where there is neither."""
        hits = self.instances - self.missed
        return 2 * hits / max(2 * hits + self.missed + self.false, 1)


def worst_recordings(
    matches: MatchedDetections, threshold: int, *, number: int = NUMBER
) -> list[RecordingErrors]:
    """The recordings with the most misses and false alarms together, most first.

    Counted are the G best detections of each class with G instances (in the whole data), so that
    there are as many detections as instances; recordings without an error are left out.
    """
    total = len(matches.truth.video_ids)
    used = (matches.share_of_g() < 1) & (matches.pred_video >= 0)
    hit = matches.hits[threshold]
    instances = np.bincount(matches.truth.video, minlength=total)
    missed = instances - np.bincount(matches.pred_video[used & hit], minlength=total)
    false = np.bincount(matches.pred_video[used & ~hit], minlength=total)
    order = np.argsort(-(missed + false), kind="stable")[:number]
    return [
        RecordingErrors(
            video=int(video),
            video_id=matches.truth.video_ids[video],
            instances=int(instances[video]),
            missed=int(missed[video]),
            false=int(false[video]),
            shown=np.flatnonzero(used & (matches.pred_video == video)),
        )
        for video in order
        if missed[video] + false[video]
    ]
