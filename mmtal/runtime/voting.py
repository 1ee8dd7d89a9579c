"""Segment voting: after NMS, the neighbors of a segment refine its boundaries."""

from typing import Any

import numpy as np

PAIRS_AT_ONCE = 2**20  # bounds the memory to a few times 4 MiB


def vote(xp: Any, kept: Any, segments: Any, scores: Any, tiou_thr: float, *, weight: str) -> Any:
    """See :func:`mmtal.ops.vote_segments`, for float32 arrays of either library.

    Args:
        xp: Their library: ``numpy`` or ``torch``.
        kept: (M, 2).
        segments: (N, 2).
        scores: (N,).
        tiou_thr: As there, like the following.
        weight: As there.
    """
    rows = max(1, PAIRS_AT_ONCE // max(1, len(segments)))
    starts, ends = segments[:, 0], segments[:, 1]
    voted = [kept[:0]]
    for first in range(0, len(kept), rows):
        part = kept[first : first + rows]
        overlap = xp.minimum(part[:, 1:], ends) - xp.maximum(part[:, :1], starts)
        overlap = overlap.clip(0)  # (m, N)
        union = (part[:, 1:] - part[:, :1]) + (ends - starts) - overlap
        with np.errstate(invalid="ignore"):
            tiou = xp.where(union > 0, overlap / union, 0 * overlap)
            weights = scores * (tiou >= tiou_thr)
            if weight == "score_tiou":
                weights = weights * tiou
            total = weights.sum(1)
            # Not a matrix product, which would lose digits under autocast or TF32.
            mean = xp.stack([(weights * side).sum(1) / total for side in (starts, ends)], 1)
        voted.append(xp.where(total[:, None] > 0, mean, part))
    return xp.concatenate(voted)
