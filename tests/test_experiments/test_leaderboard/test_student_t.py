"""Quantiles against published tables."""

import pytest

from mmtal.experiments.leaderboard.student_t import mean_and_deviation, t_probability, t_quantile


@pytest.mark.parametrize(
    ("probability", "degrees", "expected"),
    [  # NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2
        (0.95, 1, 6.314),
        (0.99, 1, 31.821),
        (0.975, 2, 4.303),
        (0.99, 2, 6.965),
        (0.95, 3, 2.353),
        (0.99, 4, 3.747),
        (0.975, 5, 2.571),
        (0.95, 10, 1.812),
        (0.975, 29, 2.045),
        (0.999, 30, 3.385),
        (0.05, 4, -2.132),
        (0.5, 3, 0.0),
    ],
)
def test_quantiles_of_the_table(probability: float, degrees: int, expected: float) -> None:
    assert t_quantile(probability, degrees) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 12])
def test_the_density_is_the_derivative(degrees: int) -> None:
    """Against the density, whose formula shares nothing with the sums."""
    from math import exp, lgamma, pi, sqrt

    for value in (-2.0, 0.3, 1.7):
        density = exp(lgamma((degrees + 1) / 2) - lgamma(degrees / 2)) / sqrt(degrees * pi)
        density *= (1 + value**2 / degrees) ** (-(degrees + 1) / 2)
        step = 1e-5
        slope = (t_probability(value + step, degrees) - t_probability(value - step, degrees)) / (
            2 * step
        )
        assert slope == pytest.approx(density, rel=1e-6)


@pytest.mark.parametrize(("probability", "degrees"), [(0, 3), (1, 3), (0.5, 0), (0.5, 1.5)])
def test_out_of_range(probability: float, degrees: int) -> None:
    with pytest.raises(ValueError, match="must"):
        t_quantile(probability, degrees)


def test_one_value_has_no_deviation() -> None:
    assert mean_and_deviation([3.0]) == (3.0, None)
    assert mean_and_deviation([1.0, 2.0, 3.0]) == (2.0, 1.0)
