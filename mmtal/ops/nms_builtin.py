"""Best-first NMS that stops as soon as enough is found, compiled by numba at its first call.

The best remaining candidate of all classes is picked, then only its own class decays. Scores never
rise, so the picks come in descending order, and the first ``max_picks`` of them are exactly what
class-by-class NMS followed by a sort and a cut would keep.

N candidates, M picks.
"""

import numpy as np
import torch
from torch import Tensor

from mmtal.ops.nms_rule import METHODS


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

    Of N > 0 segments with scores >= 0, those of different ``classes``, int64 (N,), do not compete.
    Returned are indices (M,) of the picks and their scores float32 (M,), highest first, on the CPU;
    there are at most ``max_picks``.
    """
    # takes about four seconds where numba has to compile, under one where an earlier process has
    from mmtal.ops.nms_numba import select_arrays

    starts, ends = segments.float().cpu().unbind(1)
    picks, kept_scores = select_arrays(
        starts.numpy(),
        ends.numpy(),
        scores.float().cpu().numpy(),
        classes.cpu().numpy(),
        int(classes.max()) + 1,
        (METHODS.index(method), np.float32(tiou_thr), np.float32(sigma), np.float32(min_score)),
        max_picks,
    )
    return torch.from_numpy(picks), torch.from_numpy(kept_scores)
