"""What may be said of a few seeds."""

import math

import pytest

from mmtal.experiments.leaderboard.difference import mean_and_deviation, seed_bound


def test_one_value_has_no_deviation() -> None:
    assert mean_and_deviation([3.0]) == (3.0, None)
    assert mean_and_deviation([1.0, 2.0, 3.0]) == (2.0, 1.0)


def test_the_bound_is_that_of_published_tables() -> None:
    """NIST/SEMATECH e-Handbook, table 1.3.6.7.2: t of 0.975 with 4 degrees is 2.776."""
    seeds = [1.0, 2.0, 3.0]
    assert seed_bound(seeds, seeds) == pytest.approx(2.776 * math.sqrt(2 / 3), abs=1e-3)
