"""Best-first NMS that stops as soon as enough is found; nothing to compile at installation.

The best remaining candidate of all classes is picked, then only its own class decays. Scores never
rise, so the picks come in descending order, and the first ``max_picks`` of them are exactly what
class-by-class NMS followed by a sort and a cut would keep.

N candidates, M picks.
"""

import functools
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mmtal.ops.nms_rule import METHODS, Rule


def select(
    segments: Tensor,
    scores: Tensor,
    classes: Tensor,
    *,
    method: str,
    tiou_thr: float,
    sigma: float,
    min_score: float,
    max_picks: int,
) -> tuple[Tensor, Tensor]:
    """The backend ``builtin``; arguments as in :func:`mmtal.ops.segment_nms`.

    Args:
        segments: (N, 2), N > 0.
        scores: (N,), >= 0.
        classes: (N,) int64, 0 to K - 1; candidates of different classes do not compete.
        max_picks: Stop after so many.

    Returns:
        Indices (M,) of the picks and their scores float32 (M,), highest first, on the CPU.
    """
    starts, ends = segments.float().cpu().unbind(1)
    picks, kept_scores = kernel()(
        starts.numpy(),
        ends.numpy(),
        scores.float().cpu().numpy(),
        classes.cpu().numpy(),
        int(classes.max()) + 1,
        (METHODS.index(method), np.float32(tiou_thr), np.float32(sigma), np.float32(min_score)),
        max_picks,
    )
    return torch.from_numpy(picks), torch.from_numpy(kept_scores)


@functools.cache
def kernel() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """The compiled selection where numba is installed, else the one in NumPy.

    The first call takes about four seconds where numba has to compile, and under one where it
    finds the result of an earlier process.
    """
    try:
        from mmtal.ops.nms_numba import select
    except ImportError:
        return select_numpy
    return select


def select_numpy(
    starts: np.ndarray,
    ends: np.ndarray,
    scores: np.ndarray,
    classes: np.ndarray,
    num_classes: int,
    rule: Rule,
    max_picks: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Best-first selection, decaying a whole class at each pick.

    Args:
        starts, ends, scores: (N,) float32.
        classes: (N,) int64 below ``num_classes``.
        num_classes: K.
        rule: How overlap lowers scores.
        max_picks: Stop after so many.

    Returns:
        Indices (M,) of the picks and their scores (M,), highest first.
    """
    by_class = np.argsort(classes, kind="stable")
    bounds = np.searchsorted(classes[by_class], np.arange(num_classes + 1))
    starts, ends, remaining = starts[by_class], ends[by_class], scores[by_class]
    lengths = ends - starts + np.float32(1e-6)  # the release adds it to every length
    best = np.full(num_classes, -np.inf, np.float32)  # of each class; -inf: nothing is left
    best_at = np.zeros(num_classes, np.int64)
    for k in range(num_classes):
        if bounds[k] < bounds[k + 1]:
            best_at[k] = bounds[k] + remaining[bounds[k] : bounds[k + 1]].argmax()
            best[k] = remaining[best_at[k]]

    picks: list[int] = []
    kept_scores: list[np.float32] = []
    while len(picks) < max_picks:
        k = int(best.argmax())
        if best[k] == -np.inf:
            break
        pick = best_at[k]
        picks.append(by_class[pick])
        kept_scores.append(best[k])

        mates = slice(bounds[k], bounds[k + 1])
        overlap = np.minimum(ends[mates], ends[pick]) - np.maximum(starts[mates], starts[pick])
        overlap = overlap.clip(min=0)
        tiou = overlap / (lengths[mates] + lengths[pick] - overlap)
        remaining[pick] = -np.inf
        remaining[mates] = _decay(remaining[mates], tiou, rule)
        best_at[k] = bounds[k] + remaining[mates].argmax()
        best[k] = remaining[best_at[k]]
    return np.array(picks, np.int64), np.array(kept_scores, np.float32)


def _decay(scores: np.ndarray, tiou: np.ndarray, rule: Rule) -> np.ndarray:
    """Scores (N,) after a pick that they overlap by ``tiou`` (N,); -inf where nothing is left."""
    method, tiou_thr, sigma, min_score = rule
    if METHODS[method] == "hard":
        return np.where(tiou >= tiou_thr, -np.inf, scores)
    if METHODS[method] == "linear":
        weights = np.where(tiou >= tiou_thr, 1 - tiou, 1)
    else:
        weights = np.exp(-(tiou * tiou) / sigma)
    with np.errstate(invalid="ignore"):  # -inf * 0 is NaN, which is not >= min_score either
        decayed = scores * weights
        return np.where(decayed >= min_score, decayed, -np.inf)
