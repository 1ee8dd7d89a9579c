"""Mean and deviation of a few seeds; Student's t is SciPy's."""

from collections.abc import Sequence
from statistics import fmean, stdev


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation; one value has no deviation."""
    return fmean(values), stdev(values) if len(values) > 1 else None
