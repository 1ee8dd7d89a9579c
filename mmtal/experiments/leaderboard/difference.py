"""Statistics of seeds and recordings: whether two methods differ beyond the choice of either."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from mmtal.evaluation.average_precision import class_mean
from mmtal.experiments.leaderboard.matches import RunMatches
from mmtal.utils.wording import counted

EMPTY = "-"


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation; one value has no deviation."""
    return fmean(values), stdev(values) if len(values) > 1 else None


def in_percent(values: Sequence[float], *, spread: bool = True) -> str:
    """Such as ``70.12 ± 0.35``; without a deviation for one value, or where it is not wanted."""
    if not values:
        return EMPTY
    mean, deviation = mean_and_deviation(values)
    return f"{100 * mean:.2f}" + (
        f" ± {100 * deviation:.2f}" if spread and deviation is not None else ""
    )


RESAMPLINGS = 2000
LEVEL = 0.95
MIN_RECORDINGS = 5
"""With fewer, drawing recordings again says nothing about others."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """First minus second method, of the mean over seeds of a figure in [0, 1].

    Attributes:
        first: Method.
        second: Method.
        value: The difference.
        interval: Its 95 % interval over the choice of recordings (paired bootstrap); None: too
            few recordings.
        p_value: Two-sided, of the same bootstrap; no correction for the number of pairs.
        seed_bound: What the choice of seeds alone exceeds in 5 % of cases (Welch); None: a method
            has only one seed.
        num_recordings: That both were tested on.
    """

    first: str
    second: str
    value: float
    interval: tuple[float, float] | None
    p_value: float | None
    seed_bound: float | None
    num_recordings: int

    @property
    def is_clear(self) -> bool:
        """Beyond both kinds of noise."""
        beyond_recordings = self.p_value is not None and self.p_value < 1 - LEVEL
        beyond_seeds = self.seed_bound is not None and abs(self.value) > self.seed_bound
        return beyond_recordings and beyond_seeds

    @property
    def verdict(self) -> str:
        """What may be said, in words."""
        if self.is_clear:
            return "better" if self.value > 0 else "worse"
        noise = []
        if self.p_value is not None and self.p_value >= 1 - LEVEL:
            noise.append("recordings")
        if self.seed_bound is not None and abs(self.value) <= self.seed_bound:
            noise.append("seeds")
        within = [f"within the noise of {' and '.join(noise)}"] if noise else []
        return ", ".join([*within, *self.unknown])

    @property
    def unknown(self) -> list[str]:
        """Kinds of noise about which nothing can be said, and why."""
        unknown = []
        if self.p_value is None:
            unknown.append(f"only {counted(self.num_recordings, 'recording')}")
        if self.seed_bound is None:
            unknown.append("too few seeds")
        return unknown


def seed_bound(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Half the 95 % interval of a difference of means, by Welch's t; None: a single seed.

    Degrees of freedom are rounded down to a whole number, which widens it a little.
    """
    if len(first) < 2 or len(second) < 2:
        return None
    parts = []
    for values in (first, second):
        deviation = mean_and_deviation(values)[1] or 0.0
        parts.append((deviation**2 / len(values), len(values) - 1))
    total = sum(variance for variance, _ in parts)
    if total == 0:
        return 0.0
    degrees = total**2 / sum(variance**2 / degree for variance, degree in parts)
    return float(stdtrit(max(int(degrees), 1), (1 + LEVEL) / 2)) * math.sqrt(total)


def resampling_weights(num_videos: int, resamplings: int, seed: int = 0) -> NDArray[np.float64]:
    """(B, V) how often each recording is drawn, V draws with replacement."""
    random = np.random.default_rng(seed)
    share = np.full(num_videos, 1 / num_videos)
    return random.multinomial(num_videos, share, size=resamplings).astype(np.float64)


def resample_method(
    runs: Sequence[RunMatches], *, normalized: bool = False, resamplings: int = RESAMPLINGS
) -> NDArray[np.float64]:
    """(B,) mean over the seeds of average mAP (or mAP_N); the same draws for the same recordings.

    ValueError: the seeds' runs are not all of the same recordings, which may be in any order.
    """
    names = sorted(runs[0].video_ids)  # by code point, as NumPy sorts
    weights = resampling_weights(len(names), resamplings)
    total = np.zeros(resamplings)
    for run in runs:
        if sorted(run.video_ids) != names:
            raise ValueError("all runs of a method must be tested on the same recordings")
        columns = np.searchsorted(names, run.video_ids)
        total += class_mean(run.ap(weights[:, columns], normalized=normalized)).mean(axis=1)
    return total / len(runs)


def compare_methods(
    names: tuple[str, str],
    seeds: tuple[Sequence[float], Sequence[float]],
    resampled: tuple[NDArray[np.float64], NDArray[np.float64]],
    num_recordings: int,
) -> Difference:
    """Compare two methods that were tested on the same recordings.

    Of each: its name, the figure of each seed, and draws of :func:`resample_method`.
    """
    value = mean_and_deviation(seeds[0])[0] - mean_and_deviation(seeds[1])[0]
    draws = resampled[0] - resampled[1]
    draws = draws[~np.isnan(draws)]
    interval, p_value = None, None
    if num_recordings >= MIN_RECORDINGS and len(draws):
        interval, p_value = _expanded_percentiles(draws, num_recordings)
    return Difference(
        first=names[0],
        second=names[1],
        value=value,
        interval=interval,
        p_value=p_value,
        seed_bound=seed_bound(*seeds),
        num_recordings=num_recordings,
    )


def _expanded_percentiles(
    draws: NDArray[np.float64], num_recordings: int
) -> tuple[tuple[float, float], float]:
    """Interval and two-sided p of 0, made wider for few recordings.

    Percentiles of a bootstrap are too narrow by what Student's t and n - 1 in the variance add
    (Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 2015).
    """
    normal = NormalDist()
    narrow = math.sqrt((num_recordings - 1) / num_recordings)
    tail = normal.cdf(-float(stdtrit(num_recordings - 1, (1 + LEVEL) / 2)) / narrow)
    low, high = np.quantile(draws, [tail, 1 - tail])
    # One is added so that p is never 0, which so many draws cannot say.
    beyond = min((draws <= 0).sum(), (draws >= 0).sum()) + 1
    share = min(0.5, beyond / (len(draws) + 1))
    value = -normal.inv_cdf(share) * narrow
    return (float(low), float(high)), 2 * float(stdtr(num_recordings - 1, -value))
