"""Confusion of classes."""

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.matching import MatchedDetections, greedy_match, overlapping_pairs


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
