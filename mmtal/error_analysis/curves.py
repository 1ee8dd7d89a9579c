"""Precision over recall, class by class."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.average_precision import average_precision, hit_precision
from mmtal.evaluation.matching import MatchedDetections


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
