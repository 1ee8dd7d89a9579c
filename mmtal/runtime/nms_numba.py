"""Best-first NMS that stops as soon as enough is found, compiled by numba when this is imported.

That takes about four seconds, and under one where an earlier process has compiled it.

The best remaining candidate of all classes is picked, then only its own class decays. Scores never
rise, so the picks come in descending order, and the first ``max_picks`` of them are exactly what
class-by-class NMS followed by a sort and a cut would keep.

The candidates of a class are sorted into blocks of neighbors in time. A pick visits only the
blocks that it overlaps, and the loop over a block runs in vector registers. The scores are
products of the same factors in the same order as in the official release.

Inside, a score of -1 marks a candidate that is picked or dropped. Maxima are sought among the
scores' bits: as integers they sort as the scores do, those of -1 (and -0) are negative, and integer
maxima are vectorized where float ones are not.

N candidates, M picks.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from mmtal.runtime.nms_rule import METHODS, Rule
from mmtal.utils.compiled import compiled

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

# No NaN can occur, fused multiply-add is welcome, division needs no test for zero: without these,
# and without unsigned indices, the compiler would not use vector registers.
_vectorized = numba.njit(fastmath={"nnan", "nsz", "contract"}, error_model="numpy")


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
def _tiou(
    start: np.float32, end: np.float32, other_start: np.float32, other_end: np.float32
) -> np.float32:
    overlap = max(min(end, other_end) - max(start, other_start), _ZERO)
    return overlap / ((end - start + _GUARD) + (other_end - other_start + _GUARD) - overlap)


@_vectorized
def _decay(
    starts: np.ndarray,
    ends: np.ndarray,
    scores: np.ndarray,
    begin: int,
    stop: int,
    start: np.float32,
    end: np.float32,
    rule: Rule,
) -> None:
    """Apply a pick to the candidates ``begin`` to ``stop``."""
    method, tiou_thr, sigma, min_score = rule
    # A loop for each method: the compiler would leave the branch inside a common one, and then
    # not use vector registers.
    if method == GAUSSIAN:
        for i in range(np.uint64(begin), np.uint64(stop)):
            tiou = _tiou(start, end, starts[i], ends[i])
            score = scores[i] * _exp(max(-(tiou * tiou) / sigma, _LOWEST_EXPONENT))
            scores[i] = score if score >= min_score else _GONE
    elif method == LINEAR:
        for i in range(np.uint64(begin), np.uint64(stop)):
            tiou = _tiou(start, end, starts[i], ends[i])
            score = scores[i] * (_ONE - tiou if tiou >= tiou_thr else _ONE)
            scores[i] = score if score >= min_score else _GONE
    else:
        for i in range(np.uint64(begin), np.uint64(stop)):
            tiou = _tiou(start, end, starts[i], ends[i])
            scores[i] = _GONE if tiou >= tiou_thr else scores[i]


@numba.njit
def _max(keys: np.ndarray, begin: int, stop: int) -> np.int32:
    best = keys[begin]
    for i in range(np.uint64(begin), np.uint64(stop)):
        best = max(best, keys[i])
    return best


@numba.njit
def _find(keys: np.ndarray, begin: int, key: np.int32) -> int:
    while keys[begin] != key:
        begin += 1
    return begin


@numba.njit
def _summarize(
    starts: np.ndarray,
    ends: np.ndarray,
    keys: np.ndarray,
    first: np.ndarray,
    block_start: np.ndarray,
    block_end: np.ndarray,
    block_best: np.ndarray,
) -> None:
    for b in range(len(block_best)):
        block_start[b], block_end[b], block_best[b] = np.inf, -np.inf, -1
        for i in range(first[b], first[b + 1]):
            block_start[b] = min(block_start[b], starts[i])
            block_end[b] = max(block_end[b], ends[i])
            block_best[b] = max(block_best[b], keys[i])


def _pick(
    starts: np.ndarray,
    ends: np.ndarray,
    scores: np.ndarray,
    keys: np.ndarray,
    first: np.ndarray,
    first_block: np.ndarray,
    rule: Rule,
    picks: np.ndarray,
    kept_scores: np.ndarray,
) -> int:
    """Fill ``picks`` and ``kept_scores``, both (M,), as far as there are candidates; how far.

    Candidates come block by block; ``keys`` are the bits of ``scores``, the same memory. Block b
    holds the candidates from ``first[b]`` to ``first[b + 1]``, class k the blocks from
    ``first_block[k]`` to ``first_block[k + 1]``.
    """
    num_blocks, num_classes = len(first) - 1, len(first_block) - 1
    block_start = np.empty(num_blocks, np.float32)
    block_end = np.empty(num_blocks, np.float32)
    block_best = np.empty(num_blocks, np.int32)
    _summarize(starts, ends, keys, first, block_start, block_end, block_best)
    class_best = np.empty(num_classes, np.int32)
    untouched = np.empty(num_classes, np.bool_)
    for k in range(num_classes):
        class_best[k], untouched[k] = -1, True
        for b in range(first_block[k], first_block[k + 1]):
            class_best[k] = max(class_best[k], block_best[b])

    for num_picks in range(len(picks)):
        best = _max(class_best, 0, num_classes)
        if best < 0:
            return num_picks
        k = _find(class_best, 0, best)
        home = _find(block_best, first_block[k], best)
        pick = _find(keys, first[home], best)
        picks[num_picks], kept_scores[num_picks] = pick, scores[pick]
        start, end = starts[pick], ends[pick]
        scores[pick] = _GONE
        class_best[k] = -1
        for b in range(first_block[k], first_block[k + 1]):
            overlaps = block_start[b] < end and block_end[b] > start
            # A class's first pick visits all of it, which drops what is below min_score anyway.
            if (overlaps or b == home or untouched[k]) and block_best[b] >= 0:
                begin, stop = first[b], first[b + 1]
                _decay(starts, ends, scores, begin, stop, start, end, rule)
                block_best[b] = _max(keys, begin, stop)
            class_best[k] = max(class_best[k], block_best[b])
        untouched[k] = False
    return len(picks)


compiled_pick = compiled(
    "i8(f4[::1], f4[::1], f4[::1], i4[::1], i8[::1], i8[::1], Tuple((i8, f4, f4, f4)), "
    "i8[::1], f4[::1])",
    _pick,
)


def select(
    segments: NDArray[np.float32],
    scores: NDArray[np.float32],
    classes: NDArray[np.int64],
    *,
    method: str,
    tiou_thr: float,
    sigma: float,
    min_score: float,
    max_picks: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The backend ``builtin``; arguments as in :func:`mmtal.ops.segment_nms`.

    Of N > 0 segments with scores >= 0, those of different ``classes``, int64 (N,), do not compete.
    Returned are indices (M,) of the picks and their scores (M,), highest first; there are at most
    ``max_picks``.
    """
    starts, ends = segments.T
    num_blocks = -(-np.bincount(classes) // _BLOCK_SIZE)  # of each class
    first_block = np.concatenate([[0], np.cumsum(num_blocks)])
    low, high = starts.min(), starts.max()
    share = (starts - low) / max(high - low, np.float32(1e-6))  # of the time covered, in [0, 1]
    num_blocks = num_blocks[classes]
    block = first_block[classes]
    block += np.minimum((share * num_blocks).astype(np.int64), num_blocks - 1)
    first = np.concatenate([[0], np.cumsum(np.bincount(block, minlength=first_block[-1]))])
    if first_block[-1] < 2**16:
        block = block.astype(np.uint16)  # NumPy sorts short integers several times faster
    order = np.argsort(block, kind="stable")

    ordered = scores[order]
    picks = np.empty(min(len(order), max_picks), np.int64)
    kept_scores = np.empty(len(picks), np.float32)
    rule = (METHODS.index(method), np.float32(tiou_thr), np.float32(sigma), np.float32(min_score))
    num_picks = compiled_pick(
        starts[order], ends[order], ordered, ordered.view(np.int32), first, first_block, rule,
        picks, kept_scores,
    )  # fmt: skip
    return order[picks[:num_picks]], kept_scores[:num_picks]
