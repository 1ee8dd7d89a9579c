"""The selection of ``mmtal.ops.nms_builtin`` compiled by numba; imported only where numba is.

The candidates of a class are sorted into blocks of neighbours in time, so that a pick visits only
the blocks that it overlaps, and within a block the loop runs in vector registers. Scores are the
official release's up to rounding: the same products in the same order.

Inside, a score of -1 marks a candidate that is picked or dropped.
"""

import math
from collections.abc import Callable

import numba
import numpy as np

from mmtal.ops.nms_builtin import METHODS

LINEAR, GAUSSIAN = METHODS.index("linear"), METHODS.index("gaussian")
_BLOCK_SIZE = 64  # on average; a few times what a vector register holds

# float32 constants: one float64 among them would make the loops twice as slow or worse
_GONE, _ZERO, _HALF, _ONE = np.float32(-1), np.float32(0), np.float32(0.5), np.float32(1)
_GUARD = np.float32(1e-6)  # the release adds it to every length
_LOG2_E = np.float32(1 / math.log(2))
_LN_2_HIGH = np.float32(0.693359375)  # exact in few bits, so that its multiples are exact, too
_LN_2_LOW = np.float32(math.log(2) - 0.693359375)
_C2, _C3, _C4, _C5, _C6, _C7 = (np.float32(1 / math.factorial(n)) for n in range(2, 8))
_LOWEST_EXPONENT = np.float32(-87)

# No NaN can occur, fused multiply-add is welcome, division needs no test for zero: without these
# the compiler would not use vector registers.
_vectorized = numba.njit(fastmath={"nnan", "nsz", "contract"}, error_model="numpy")


def compiled(signature: str, function: Callable) -> Callable:
    """Compile now, and keep the result on disk for later processes where that is possible."""
    try:
        return numba.njit(signature, cache=True)(function)
    except Exception:
        # No writable folder, full disk, damaged file: whatever ails the cache must not stop the
        # run. An error of the compilation itself is raised again here.
        return numba.njit(signature)(function)


@_vectorized
def _exp(x: np.float32) -> np.float32:
    """exp(x) for -87 <= x <= 0 within 1e-7 (relative); ``math.exp`` would not be vectorized."""
    whole = np.int32(x * _LOG2_E - _HALF)
    rest = x - np.float32(whole) * _LN_2_HIGH - np.float32(whole) * _LN_2_LOW
    series = _C6 + _C7 * rest
    series = _C5 + series * rest
    series = _C4 + series * rest
    series = _C3 + series * rest
    series = _C2 + series * rest
    series = _ONE + series * rest
    series = _ONE + series * rest
    return series * np.int32((whole + 127) << 23).view(np.float32)  # times 2 ** whole


@_vectorized
def _decay(
    starts: np.ndarray,
    ends: np.ndarray,
    scores: np.ndarray,
    begin: int,
    stop: int,
    start: np.float32,
    end: np.float32,
    method: int,
    tiou_thr: np.float32,
    sigma: np.float32,
    min_score: np.float32,
) -> np.float32:
    """Apply a pick to the candidates ``begin`` to ``stop``; their best score after that."""
    best = _GONE
    length = end - start + _GUARD
    for i in range(begin, stop):
        overlap = max(min(end, ends[i]) - max(start, starts[i]), _ZERO)
        tiou = overlap / (length + (ends[i] - starts[i] + _GUARD) - overlap)
        if method == GAUSSIAN:
            score = scores[i] * _exp(max(-(tiou * tiou) / sigma, _LOWEST_EXPONENT))
        elif method == LINEAR:
            score = scores[i] * (_ONE - tiou if tiou >= tiou_thr else _ONE)
        else:
            score = _GONE if tiou >= tiou_thr else scores[i]
        score = score if scores[i] >= _ZERO and score >= min_score else _GONE
        scores[i] = score
        best = max(best, score)
    return best


@_vectorized
def _argmax(values: np.ndarray, begin: int, stop: int) -> int:
    best = values[begin]
    for i in range(begin, stop):
        best = max(best, values[i])
    while values[begin] != best:
        begin += 1
    return begin


@numba.njit
def _blocks(
    starts: np.ndarray, classes: np.ndarray, num_classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort candidates into blocks of one class and of neighbouring starts.

    Returns:
        Candidate indices, block by block (N,); the first position of each block and N (B + 1,);
        the first block of each class and B (K + 1,).
    """
    sizes = np.zeros(num_classes, np.int64)
    low = np.full(num_classes, np.inf, np.float32)
    high = np.full(num_classes, -np.inf, np.float32)
    for i in range(len(starts)):
        k = classes[i]
        sizes[k] += 1
        low[k], high[k] = min(low[k], starts[i]), max(high[k], starts[i])
    first_block = np.zeros(num_classes + 1, np.int64)
    first_block[1:] = np.cumsum((sizes + _BLOCK_SIZE - 1) // _BLOCK_SIZE)

    block_of = np.empty(len(starts), np.int64)
    first = np.zeros(first_block[-1] + 1, np.int64)
    for i in range(len(starts)):
        k = classes[i]
        last = first_block[k + 1] - first_block[k] - 1
        if last > 0 and high[k] > low[k]:
            share = (starts[i] - low[k]) / (high[k] - low[k])
            block_of[i] = first_block[k] + min(int(share * (last + 1)), last)
        else:
            block_of[i] = first_block[k]
        first[block_of[i] + 1] += 1
    first = np.cumsum(first)

    order = np.empty(len(starts), np.int64)
    position = first.copy()
    for i in range(len(starts)):
        order[position[block_of[i]]] = i
        position[block_of[i]] += 1
    return order, first, first_block


def _select(
    starts: np.ndarray,
    ends: np.ndarray,
    scores: np.ndarray,
    classes: np.ndarray,
    num_classes: int,
    method: int,
    tiou_thr: np.float32,
    sigma: np.float32,
    min_score: np.float32,
    max_picks: int,
) -> tuple[np.ndarray, np.ndarray]:
    order, first, first_block = _blocks(starts, classes, num_classes)
    starts, ends, scores = starts[order], ends[order], scores[order]
    block_start = np.full(len(first) - 1, np.inf, np.float32)
    block_end = np.full(len(first) - 1, -np.inf, np.float32)
    block_best = np.full(len(first) - 1, _GONE)
    for b in range(len(block_best)):
        for i in range(first[b], first[b + 1]):
            block_start[b] = min(block_start[b], starts[i])
            block_end[b] = max(block_end[b], ends[i])
            block_best[b] = max(block_best[b], scores[i])
    class_best = np.full(num_classes, _GONE)
    for k in range(num_classes):
        for b in range(first_block[k], first_block[k + 1]):
            class_best[k] = max(class_best[k], block_best[b])

    picks = np.empty(min(len(order), max_picks), np.int64)
    kept_scores = np.empty(len(picks), np.float32)
    untouched = np.ones(num_classes, np.bool_)
    num_picks = 0
    while num_picks < len(picks):
        k = _argmax(class_best, 0, num_classes)
        if class_best[k] < _ZERO:
            break
        home = _argmax(block_best, first_block[k], first_block[k + 1])
        pick = _argmax(scores, first[home], first[home + 1])
        start, end = starts[pick], ends[pick]
        picks[num_picks], kept_scores[num_picks] = order[pick], scores[pick]
        num_picks += 1

        scores[pick] = _GONE
        class_best[k] = _GONE
        for b in range(first_block[k], first_block[k + 1]):
            overlaps = block_start[b] < end and block_end[b] > start
            # A class's first pick visits all of it, which drops what is below min_score anyway.
            if overlaps or b == home or untouched[k]:
                block_best[b] = _decay(
                    starts,
                    ends,
                    scores,
                    first[b],
                    first[b + 1],
                    start,
                    end,
                    method,
                    tiou_thr,
                    sigma,
                    min_score,
                )
            class_best[k] = max(class_best[k], block_best[b])
        untouched[k] = False
    return picks[:num_picks].copy(), kept_scores[:num_picks].copy()


select = compiled(
    "Tuple((i8[::1], f4[::1]))(f4[::1], f4[::1], f4[::1], i8[::1], i8, i8, f4, f4, f4, i8)",
    _select,
)
