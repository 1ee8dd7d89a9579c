"""Average recall of class-agnostic proposals, as ActivityNet's proposal task defines it."""

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.matching import rank_in_group, score_order
from mmtal.evaluation.pairs import Pairs, overlapping_pairs
from mmtal.evaluation.thresholds import Thresholds, tiou_grid
from mmtal.results.instance_table import InstanceTable

GRID = 100
"""Points of the curve of average recall over the average number of proposals."""


def average_recall(
    truth: InstanceTable,
    proposals: InstanceTable,
    tiou_thresholds: Thresholds = "0.5:0.05:0.95",
    *,
    max_proposals: int = 100,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """AR@AN: recall over the average number of proposals per recording, and its area.

    Every recording gives the same share of its proposals, its best ones, so that
    ``max_proposals`` are kept on average over the recordings that have instances; those in others
    count in the total. Labels play no part. Source: ActivityNet, ``Evaluation/eval_proposal.py``.

    Returned are AN (100,); the recall there, (100,), mean over the thresholds; the area under the
    curve divided by the largest AN (AUC).
    """
    thresholds = tiou_grid(tiou_thresholds)
    if max_proposals < 1:
        raise ValueError(f"max_proposals must be >= 1, but got {max_proposals}")
    total = len(proposals)
    pred_video = proposals.video_index_in(truth.video_ids)
    order = score_order(proposals.video_ids, proposals.video, proposals.scores, pred_video)
    pred_video = pred_video[order]
    segments = proposals.segments[order]

    videos, truth_video = np.unique(truth.video, return_inverse=True)
    available = np.bincount(pred_video[pred_video >= 0], minlength=len(truth.video_ids))[videos]
    share = max_proposals * len(videos) / max(total, 1)
    kept = np.minimum((available * share).astype(np.int64), available)  # (V,)
    numbers = np.arange(1, GRID + 1) / GRID * max_proposals
    recall = np.zeros((len(thresholds), GRID))
    if kept.sum():
        stretch = np.arange(1, GRID + 1) / GRID * (max_proposals * len(videos) / kept.sum())
        pairs = overlapping_pairs(
            pred_video, segments, truth.video, truth.segments, thresholds.min()
        )
        rank = rank_in_group(pred_video)
        first = [_first_hit(pairs, rank, threshold, len(truth)) for threshold in thresholds]
        for point, factor in enumerate(stretch):
            limit = np.minimum((kept * factor).astype(np.int64), kept)[truth_video]  # (N,)
            recall[:, point] = [(ranks < limit).mean() for ranks in first]
    average = recall.mean(axis=0)
    area = (np.diff(numbers) * (average[1:] + average[:-1]) / 2).sum() / numbers[-1]
    return numbers, average, float(area)


def _first_hit(
    pairs: Pairs, rank: NDArray[np.int64], threshold: float, num_truth: int
) -> NDArray[np.int64]:
    """(N,) rank of the best proposal that reaches each instance, a huge number if none does."""
    pred, truth, tiou = pairs
    near = tiou >= threshold
    first = np.full(num_truth, np.iinfo(np.int64).max)
    np.minimum.at(first, truth[near], rank[pred[near]])
    return first
