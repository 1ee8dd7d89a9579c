"""Instance that each detection overlaps most, whatever its label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.matching import MatchedDetections
from mmtal.evaluation.pairs import Pairs, overlapping_pairs

MIN_TIOU = 0.1
"""Below it two segments have nothing to do with each other (DETAD)."""


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
