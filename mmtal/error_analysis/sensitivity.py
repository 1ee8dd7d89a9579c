"""Sensitivity of the figures to characteristics of instances.

Source: DETAD (Alwassel et al., ECCV 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.error_analysis.characteristics import Characteristic
from mmtal.error_analysis.errors import found_besides, mean_ap_pair, missed_instances
from mmtal.evaluation.average_precision import average_precision, class_mean
from mmtal.evaluation.matching import MatchedDetections


@dataclass(frozen=True)
class Sensitivity:
    """Figures of the B buckets of one characteristic.

    Attributes:
        characteristic: What is looked at.
        map_n: (B,) average-mAP_N of the instances of each bucket, NaN if it has none.
        missed: (B,) share of its instances that are missed, mean over thresholds, NaN if none.
        gain: (B, 2) what average mAP and average-mAP_N of everything gain if the bucket's missed
            instances were found with the highest scores.
    """

    characteristic: Characteristic
    map_n: NDArray[np.float64]
    missed: NDArray[np.float64]
    gain: NDArray[np.float64]


def analyze_sensitivity(
    matches: MatchedDetections, characteristics: Sequence[Characteristic]
) -> list[Sensitivity]:
    """average-mAP_N, false-negative rate and its cost in each bucket of each characteristic.

    A bucket keeps, at each threshold, the detections that hit one of its instances and all false
    positives; those that hit an instance of another bucket leave. The mean is over the classes
    that have instances in the bucket.
    """
    everything = mean_ap_pair(matches, matches.hits, ~matches.hits)
    missed = missed_instances(matches)
    return [_of_buckets(matches, item, missed, everything) for item in characteristics]


def _of_buckets(
    matches: MatchedDetections,
    item: Characteristic,
    missed: NDArray[np.bool_],
    everything: NDArray[np.float64],
) -> Sensitivity:
    number = len(item.buckets)
    map_n, rate, gain = np.full(number, np.nan), np.full(number, np.nan), np.zeros((number, 2))
    for bucket, count in enumerate(item.counts):
        if not count:
            continue
        inside = item.bucket == bucket
        num_truth = np.bincount(matches.truth_class[inside], minlength=len(matches.classes))
        own = matches.hits & inside[matches.matched]
        ap = average_precision(
            matches, normalized=True, hits=own, made=own | ~matches.hits, num_truth=num_truth
        )
        map_n[bucket] = class_mean(ap).mean()
        rate[bucket] = missed[:, inside].mean()
        gain[bucket] = found_besides(matches, missed & inside) - everything
    return Sensitivity(item, map_n, rate, gain)
