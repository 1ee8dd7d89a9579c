"""Precision over recall, class by class."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.matched_detections import MatchedDetections
from mmtal.evaluation.normalized_precision import precision_curve


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
    ends = np.searchsorted(matches.pred_class, np.arange(len(matches.classes) + 1))
    curves = []
    for c, (low, high) in enumerate(pairwise(ends)):
        hit = matches.hits[threshold : threshold + 1, low:high]
        precision = precision_curve(hit, ~hit, weight=1)[0]
        envelope = np.maximum.accumulate(precision[::-1])[::-1][hit[0]]
        number = int(matches.num_truth[c])
        recall = np.arange(1, len(envelope) + 1) / number
        ap = float(envelope.sum() / number)
        curves.append(PrecisionRecall(int(matches.classes[c]), number, recall, envelope, ap))
    return curves
