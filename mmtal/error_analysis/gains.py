"""mAP and normalized mAP of detections that are changed in part."""

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.average_precision import average_precision, class_mean
from mmtal.evaluation.matching import Matches


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
