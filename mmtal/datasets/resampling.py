"""Samples at any times to a uniform rate, without aliasing.

N samples of C channels become T.
"""

from fractions import Fraction

import numpy as np

from mmtal.datasets.clocks import nominal_rate

SAME_RATE = 0.01
"""Rates that differ by less need no filter."""


def resample(
    times: np.ndarray, values: np.ndarray, rate: float, length: int, *, max_gap: float
) -> np.ndarray:
    """Values at ``0, 1 / rate, ...`` seconds, float64 (T, C).

    Samples are interpolated to a uniform grid at their own rate, which a polyphase filter brings to
    the one that is wanted. Farther than ``max_gap`` seconds from sample to sample, a channel is
    masked: it has its mean there.

    Args:
        times: (N,) s, rising.
        values: (N, C); NaN is missing, in each channel by itself.
        rate: Per second.
        length: T.
        max_gap: Seconds.
    """
    grid = np.arange(length) / rate
    out = np.zeros((length, values.shape[1]))
    known = np.isfinite(values)
    patterns, group = np.unique(known, axis=1, return_inverse=True)
    for index in range(patterns.shape[1]):
        rows, channels = patterns[:, index], np.flatnonzero(group.reshape(-1) == index)
        if rows.sum() < 2:
            continue  # nothing is known of these channels
        own = times[rows]
        found = _at_rate(own, values[np.ix_(rows, channels)], rate, length)
        for start, end in find_gaps(own, float(grid[-1]), max_gap):
            masked = (grid > start) & (grid < end)
            masked[0] |= start <= 0 < own[0]
            masked[-1] |= end >= grid[-1] > own[-1]
            found[masked] = np.nan
        with np.errstate(invalid="ignore"):
            mean = np.nanmean(found, axis=0) if np.isfinite(found).any() else 0.0
        out[:, channels] = np.where(np.isnan(found), mean, found)
    return out


def _at_rate(times: np.ndarray, values: np.ndarray, rate: float, length: int) -> np.ndarray:
    from scipy.signal import resample_poly

    ratio = rate / nominal_rate(times)
    factor = Fraction(1) if abs(ratio - 1) < SAME_RATE else Fraction(ratio).limit_denominator(100)
    if not factor:
        factor = Fraction(1, round(1 / ratio))
    own = rate / float(factor)
    number = int(np.ceil(length / float(factor))) + 1
    grid = np.arange(number) / own
    uniform = np.stack([np.interp(grid, times, column) for column in values.T], axis=1)
    if factor != 1:
        uniform = resample_poly(
            uniform, factor.numerator, factor.denominator, axis=0, padtype="line"
        )
        constant = np.ptp(values, axis=0) == 0  # which stays so, to the last digit
        uniform[:, constant] = values[0, constant]
    return uniform[:length]


def find_gaps(times: np.ndarray, end: float, max_gap: float) -> list[tuple[float, float]]:
    """Where samples lie more than ``max_gap`` seconds apart, or from start or end: in seconds."""
    bounds = np.concatenate([[min(0.0, times[0])], times, [max(end, times[-1])]])
    long = np.flatnonzero(np.diff(bounds) > max_gap * (1 + 1e-9))
    return [(float(bounds[k]), float(bounds[k + 1])) for k in long]
