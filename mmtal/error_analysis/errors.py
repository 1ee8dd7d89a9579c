"""False positives by kind and missed instances by cause, and the mAP that each costs.

Source: DETAD (Alwassel et al., ECCV 2018). A false positive is judged by the instance
of its recording, of any class, with the highest tIoU: at or above the threshold it is a *double
detection* if the labels agree, else a *wrong label*; from 0.1 up to the threshold a *localization*
error, else a *confusion*; below 0.1 it is *background*.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.average_precision import average_precision, class_mean, hit_precision
from mmtal.evaluation.matching import MatchedDetections, Matches
from mmtal.evaluation.pairs import Pairs, overlapping_pairs


def mean_ap_pair(
    matches: Matches,
    hits: NDArray[np.bool_],
    false: NDArray[np.bool_],
    *,
    found: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """(2,) average mAP and average-mAP_N of (T, M) ``hits`` and ``false`` positives.

    What is neither counts as not made; (T, C) ``found`` instances are found besides, with a score
    above all others.
    """
    return np.array(
        [
            class_mean(
                average_precision(
                    matches, normalized=normalized, hits=hits, made=hits | false, found=found
                )
            ).mean()
            for normalized in (False, True)
        ]
    )


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
