"""Average mAP of many resamplings of the recordings, fast enough for every pair of methods.

Letters as in :mod:`mmtal.experiments.leaderboard.matches`: V recordings, K classes, M detections,
T tIoU thresholds, B resamplings.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from mmtal.experiments.leaderboard.matches import Matches


def resampling_weights(num_videos: int, resamplings: int, seed: int = 0) -> NDArray[np.float64]:
    """(B, V) how often each recording is drawn, V draws with replacement."""
    random = np.random.default_rng(seed)
    share = np.full(num_videos, 1 / num_videos)
    return random.multinomial(num_videos, share, size=resamplings).astype(np.float64)


def resampled_map(
    matches: Matches, video_weights: NDArray[np.float64], *, normalized: bool = False
) -> NDArray[np.float64]:
    """(B,) mAP averaged over the thresholds, as ``matches.figures`` gives it; NaN without classes.

    Precision only rises at hits, so that its envelope needs no other detection.

    Args:
        matches: Detections and their hits.
        video_weights: (B, V), each >= 0.
        normalized: average-mAP_N of the detections that score ``normalized_above`` or more.
    """
    if normalized:
        if matches.normalized_above is None:
            raise ValueError(f"protocol {matches.protocol} has no normalized mAP")
        matches = matches.select(matches.scores >= matches.normalized_above)
    num_truth = video_weights @ matches.num_truth  # (B, K)
    present = (num_truth > 0).sum(axis=1)
    gain = np.ones_like(num_truth)
    if normalized:
        mean_truth = num_truth.sum(axis=1) / np.maximum(present, 1)
        np.divide(mean_truth[:, None], num_truth, out=gain, where=num_truth > 0)
    # What is not listed (-1) is in every resampling once.
    weights = np.append(video_weights, np.ones((len(video_weights), 1)), axis=1)
    video = np.where(matches.pred_video < 0, weights.shape[1] - 1, matches.pred_video)
    ends = np.searchsorted(matches.pred_class, np.arange(len(matches.classes) + 1))
    total = np.zeros(len(weights))
    for label in range(len(matches.classes)):
        low, high = int(ends[label]), int(ends[label + 1])
        own = matches.hits[:, low:high]
        threshold, position = np.nonzero(own)
        starts = np.searchsorted(threshold, np.arange(len(own) + 1))
        total += _class_sum(
            weights, video[low:high], position, starts, num_truth[:, label], gain[:, label]
        )
    count = present * len(matches.tiou_thresholds)
    return np.divide(total, count, out=np.full(len(weights), np.nan), where=count > 0)


@numba.njit
def _class_sum(
    weights: NDArray[np.float64],
    video: NDArray[np.int64],
    position: NDArray[np.int64],
    starts: NDArray[np.int64],
    num_truth: NDArray[np.float64],
    gain: NDArray[np.float64],
) -> NDArray[np.float64]:  # pragma: no cover
    """(B,) AP of one class, summed over thresholds.

    ``position[starts[t]:starts[t + 1]]`` are the hits at threshold t among the class's detections,
    best first.
    """
    sums = np.zeros(len(weights))
    seen = np.empty(len(video))
    precision = np.empty(len(position))
    for b in range(len(weights)):
        if num_truth[b] <= 0:
            continue
        running = 0.0
        for k in range(len(video)):
            running += weights[b, video[k]]
            seen[k] = running
        for t in range(len(starts) - 1):
            true = 0.0
            for i in range(starts[t], starts[t + 1]):
                k = position[i]
                true += weights[b, video[k]]
                gained = true * gain[b]
                all_seen = gained + seen[k] - true
                precision[i] = gained / all_seen if all_seen > 0 else 0.0
            best = 0.0
            area = 0.0
            for i in range(starts[t + 1] - 1, starts[t] - 1, -1):
                best = max(best, precision[i])
                area += best * weights[b, video[position[i]]]
            sums[b] += area / num_truth[b]
    return sums
