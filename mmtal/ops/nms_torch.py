"""NMS in a few rounds of plain tensor operations, so that nothing leaves the GPU.

A candidate that no better one of its class affects will be picked, whatever happens elsewhere: all
such are picked at once, and lower the scores of their neighbors together. A video takes 4 to 15
rounds where one pick after the other takes 200. The picks are those of best-first selection; scores
differ from it only in the order of their factors.

N candidates, C classes with at most n candidates, M picks.
"""

import torch
from torch import Tensor

MAX_PAIRS = 2**27
"""C * n * n up to which it is a choice: each pair takes about 10 bytes."""


def fits(classes: Tensor) -> bool:
    """Whether the pairs of candidates within ``classes`` (N,) are few enough."""
    counts = classes.bincount()
    return int((counts > 0).sum() * counts.max() ** 2) <= MAX_PAIRS


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
    """The backend ``torch``; as ``nms_numba.select``, but the results stay on the device."""
    _, classes, counts = classes.unique(return_inverse=True, return_counts=True)
    order = classes.argsort(stable=True)
    rows = torch.arange(len(order), device=order.device)
    place = classes[order], rows - (counts.cumsum(0) - counts)[classes[order]]

    def by_class(values: Tensor, empty: int) -> Tensor:
        table = values.new_full((len(counts), int(counts.max())), empty)  # (C, n)
        table[place] = values[order]
        return table

    starts, ends = (by_class(column, 0) for column in segments.float().unbind(1))
    left, candidate = by_class(scores.float(), -1), by_class(rows, 0)
    weights = _weights(starts, ends, method, tiou_thr, sigma)
    affects = weights < 1
    earlier = torch.ones_like(weights[0], dtype=torch.bool).tril(-1)
    if method != "hard":  # the first pick of a class drops all that is too low
        best = torch.zeros_like(left).scatter_(1, left.argmax(1, keepdim=True), 1) > 0
        left = torch.where(best | (left >= min_score), left, -1)

    picks, kept_scores = rows[:0], left.new_empty(0)
    while True:
        own, other = left[:, :, None], left[:, None]
        beaten = (affects & ((other > own) | ((other == own) & earlier))).any(2)
        picked = (left >= 0) & ~beaten
        picks = torch.cat([picks, candidate[picked]])
        kept_scores = torch.cat([kept_scores, left[picked]])
        factor = torch.where(picked[:, None], weights, 1).prod(2)
        gone = (
            picked | (left < 0) | (factor == 0 if method == "hard" else left * factor < min_score)
        )
        left = torch.where(gone, -1, left * factor)
        # What is still to come does not score more than the best that is left.
        rest = left.max()
        if ((rest < 0) | ((kept_scores >= rest).sum() >= max_picks)).item():
            kept_scores, best_first = kept_scores.sort(descending=True, stable=True)
            return picks[best_first[:max_picks]], kept_scores[:max_picks]


def _weights(starts: Tensor, ends: Tensor, method: str, tiou_thr: float, sigma: float) -> Tensor:
    """(C, n, n) factor of the first one's score if the second is picked; 1 on the diagonal."""
    lengths = ends - starts + 1e-6  # the release adds it to every length
    overlap = torch.minimum(ends[:, :, None], ends[:, None])
    overlap -= torch.maximum(starts[:, :, None], starts[:, None])
    overlap.clamp_(min=0)
    tiou = overlap / (lengths[:, :, None] + lengths[:, None] - overlap)
    if method == "gaussian":
        weights = tiou.square_().div_(-sigma).exp_()
    elif method == "linear":
        weights = torch.where(tiou >= tiou_thr, 1 - tiou, 1)
    else:
        weights = (tiou < tiou_thr).float()
    weights.diagonal(dim1=1, dim2=2).fill_(1)
    return weights
