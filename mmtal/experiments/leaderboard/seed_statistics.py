"""Mean and deviation of a few seeds, as numbers and in percent."""

from collections.abc import Sequence
from statistics import fmean, stdev

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
