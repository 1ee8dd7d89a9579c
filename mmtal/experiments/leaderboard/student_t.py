"""Student's t distribution: what few seeds allow to be said."""

import math
from collections.abc import Sequence


def t_probability(value: float, degrees: int) -> float:
    """P(T <= value) for whole degrees of freedom.

    The finite sums of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.

    Raises:
        ValueError: ``degrees`` is no whole number above 0.
    """
    if degrees < 1 or degrees != int(degrees):
        raise ValueError(f"degrees must be a whole number >= 1, but got {degrees}")
    angle = math.atan(value / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    term = total = cosine if degrees % 2 else 1.0
    for k in range(3 if degrees % 2 else 2, degrees - 1, 2):
        term *= (k - 1) / k * cosine**2
        total += term
    if degrees % 2:
        within = 2 / math.pi * (angle + (sine * total if degrees > 1 else 0.0))
    else:
        within = sine * total
    return 0.5 + within / 2


def t_quantile(probability: float, degrees: int) -> float:
    """The value below which T lies with a probability in (0, 1).

    Raises:
        ValueError: ``probability`` or ``degrees`` is out of range.
    """
    if not 0 < probability < 1:
        raise ValueError(f"probability must lie in (0, 1), but got {probability}")
    high = 1.0
    while t_probability(high, degrees) < max(probability, 1 - probability):
        high *= 2
    low = 0.0
    for _ in range(100):
        middle = (low + high) / 2
        if t_probability(middle, degrees) < max(probability, 1 - probability):
            low = middle
        else:
            high = middle
    return math.copysign(high, probability - 0.5)


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation; one value has no deviation."""
    mean = math.fsum(values) / len(values)
    if len(values) < 2:
        return mean, None
    return mean, math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))
