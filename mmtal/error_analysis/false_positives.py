"""Kinds of false positives, and the mAP that each kind costs.

Source: DETAD (Alwassel et al., ECCV 2018). A false positive is judged by the instance
of its recording, of any class, with the highest tIoU: at or above the threshold it is a *double
detection* if the labels agree, else a *wrong label*; from 0.1 up to the threshold a *localization*
error, else a *confusion*; below 0.1 it is *background*.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.error_analysis.gains import mean_ap_pair
from mmtal.error_analysis.overlaps import MIN_TIOU, Overlaps
from mmtal.evaluation.matching import MatchedDetections

ERROR_TYPES = ("double detection", "wrong label", "localization", "confusion", "background")
OUTCOMES = ("true positive", *ERROR_TYPES)
TOP_G = 10
"""The profile looks at the 10 G best detections of a class with G instances."""


@dataclass(frozen=True)
class FalsePositives:
    """The false-positive profile, and the impact of each type.

    Attributes:
        counts: (T, 10, 6) detections of each outcome (see ``OUTCOMES``) in the best G of a class,
            the next G, ..., summed over the classes.
        base: (2,) average mAP and average-mAP_N of the 10 G best detections of each class.
        gain: (5, 2) what both gain if the false positives of one type were not made.
    """

    counts: NDArray[np.int64]
    base: NDArray[np.float64]
    gain: NDArray[np.float64]

    @property
    def profile(self) -> NDArray[np.float64]:
        """(10, 6) share of each outcome, mean over thresholds; NaN where nothing was detected."""
        counts = self.counts.mean(axis=0)
        total = counts.sum(axis=1, keepdims=True)
        return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)

    @property
    def overall(self) -> NDArray[np.float64]:
        """(6,) mean number of each outcome over the thresholds, all 10 G together."""
        return self.counts.sum(axis=1).mean(axis=0)


def error_types(matches: MatchedDetections, overlaps: Overlaps) -> NDArray[np.int8]:
    """(T, M) index into ``OUTCOMES``."""
    near = overlaps.tiou >= MIN_TIOU
    same = np.zeros(len(near), dtype=bool)
    some = overlaps.instance >= 0
    same[some] = matches.truth_class[overlaps.instance[some]] == matches.pred_class[some]
    thresholds = matches.tiou_thresholds[:, None]
    kinds = np.select(
        [
            matches.hits,
            (overlaps.tiou >= thresholds) & same,
            (overlaps.tiou >= thresholds) & some,
            np.broadcast_to(near & same, matches.matched.shape),
            np.broadcast_to(near, matches.matched.shape),
        ],
        [0, 1, 2, 3, 4],
        default=5,
    )
    return kinds.astype(np.int8)


def analyze_false_positives(matches: MatchedDetections, overlaps: Overlaps) -> FalsePositives:
    """The profile over the top 1 G to 10 G, and what removing each type of error gains."""
    kinds = error_types(matches, overlaps)
    share = matches.share_of_g()
    used = share < TOP_G
    counts = np.stack(
        [
            np.bincount(share[used] * len(OUTCOMES) + row[used], minlength=TOP_G * len(OUTCOMES))
            for row in kinds
        ]
    ).reshape(-1, TOP_G, len(OUTCOMES))
    hits = matches.hits & used
    base = mean_ap_pair(matches, hits, (kinds > 0) & used)
    gain = [
        mean_ap_pair(matches, hits, (kinds > 0) & (kinds != kind) & used) - base
        for kind in range(1, len(OUTCOMES))
    ]
    return FalsePositives(counts=counts, base=base, gain=np.array(gain))
