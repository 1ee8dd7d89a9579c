"""Missed instances, and why they are missed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.error_analysis.false_positives import TOP_G
from mmtal.error_analysis.gains import mean_ap_pair
from mmtal.error_analysis.overlaps import MIN_TIOU, Overlaps
from mmtal.evaluation.average_precision import hit_precision
from mmtal.evaluation.matching import MatchedDetections

MIN_PRECISION = 0.05
"""A hit counts as found only while the normalized precision is higher, as in DETAD's code."""
CAUSES = ("score too low", "boundaries off", "other label", "not seen")


@dataclass(frozen=True)
class FalseNegatives:
    """Missed instances.

    Attributes:
        cause: (T, N) index into ``CAUSES``; -1 for instances that are found.
        gain: (5, 2) what average mAP and average-mAP_N gain if the instances missed by one cause,
            and at last all of them, were found with the highest scores.
    """

    cause: NDArray[np.int64]
    gain: NDArray[np.float64]

    @property
    def counts(self) -> NDArray[np.float64]:
        """(4,) missed instances by cause, mean over thresholds."""
        found = np.bincount(self.cause[self.cause >= 0], minlength=len(CAUSES))
        return found / max(len(self.cause), 1)

    @property
    def rate(self) -> float:
        """Share of the instances that are missed, mean over thresholds."""
        return float((self.cause >= 0).mean())


def missed_instances(matches: MatchedDetections) -> NDArray[np.bool_]:
    """(T, N) instances that nothing hits as long as the normalized precision is above 5 %.

    Source: DETAD (Alwassel et al., ECCV 2018).3; the limit is its released code's.
    """
    return ~matches.found(hit_precision(matches, normalized=True) > MIN_PRECISION)


def analyze_false_negatives(matches: MatchedDetections, overlaps: Overlaps) -> FalseNegatives:
    """Missed instances by cause, judged by the 10 G best detections of each class.

    In this order: *score too low*: a detection hits it, but below a normalized precision of 5 %;
    *boundaries off*: one with its label overlaps it by at least 0.1; *other label*: one with
    another label reaches the threshold; *not seen*: none of these.
    """
    missed = missed_instances(matches)
    pred, instance, tiou = overlaps.pairs
    used = (matches.share_of_g() < TOP_G)[pred] if len(pred) else np.zeros(0, dtype=bool)
    number = len(matches.truth)
    near = np.zeros(number, dtype=bool)
    near[instance[used & overlaps.same & (tiou >= MIN_TIOU)]] = True
    other = np.zeros(number)
    rows = used & ~overlaps.same
    np.maximum.at(other, instance[rows], tiou[rows])
    hit = matches.found(np.ones(len(matches.rows), dtype=bool))
    cause = np.select(
        [~missed, hit, near[None], other >= matches.tiou_thresholds[:, None]],
        [-1, 0, 1, 2],
        default=3,
    )
    base = mean_ap_pair(matches, matches.hits, ~matches.hits)
    groups = [*(cause == kind for kind in range(len(CAUSES))), missed]
    gain = np.array([found_besides(matches, group) - base for group in groups])
    return FalseNegatives(cause=cause, gain=gain)


def found_besides(matches: MatchedDetections, added: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(2,) average mAP and average-mAP_N if the instances ``added``, (T, N), had the top scores.

    A detection that hits one of them is taken out.
    """
    number = np.stack(
        [np.bincount(matches.truth_class[row], minlength=len(matches.classes)) for row in added]
    )
    replaced = np.zeros_like(matches.hits)
    for row, matched, new in zip(replaced, matches.matched, added, strict=True):
        row[:] = (matched >= 0) & np.append(new, False)[matched]
    return mean_ap_pair(matches, matches.hits & ~replaced, ~matches.hits, found=number)
