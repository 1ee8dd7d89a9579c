"""No difference, a known one, and how often the interval holds it."""

from dataclasses import replace

import numpy as np
import pytest

from mmtal.experiments.leaderboard.difference import (
    Difference,
    compare_methods,
    resample_method,
    seed_bound,
)
from mmtal.experiments.leaderboard.matches import RunMatches
from tests.made_records import made_matches

NAMES = [f"v{i}" for i in range(30)]


def average_maps(runs: list[RunMatches]) -> list[float]:
    return [float(run.figures()["mAP"][0]) for run in runs]


def compare(first: list[RunMatches], second: list[RunMatches]) -> Difference:
    return compare_methods(
        ("first", "second"),
        (average_maps(first), average_maps(second)),
        (resample_method(first), resample_method(second)),
        len(first[0].video_ids),
    )


def test_a_method_does_not_differ_from_itself() -> None:
    runs = [made_matches(NAMES, seed, 0.3) for seed in range(3)]
    found = compare(runs, runs)
    assert (found.value, found.interval, found.p_value) == (0, (0, 0), 1)
    assert not found.is_clear
    assert found.verdict == "within the noise of recordings and seeds"


def test_a_clear_difference_is_found_and_turns_with_the_order() -> None:
    better = [made_matches(NAMES, seed, 0.1) for seed in range(3)]
    worse = [made_matches(NAMES, 10 + seed, 0.5) for seed in range(3)]
    found, turned = compare(better, worse), compare(worse, better)
    expected = np.mean(average_maps(better)) - np.mean(average_maps(worse))
    assert found.value == pytest.approx(expected) and found.value > 0.1
    assert found.interval and found.interval[0] < found.value < found.interval[1]
    # No draw of 2,000 is on the other side: the normal's 1 / 2001 lies at 3.291; for 30 recordings
    # that is a t of 3.291 * sqrt(29 / 30) = 3.235 with 29 degrees of freedom.
    assert found.p_value == pytest.approx(0.00303, abs=1e-5)
    assert (found.verdict, turned.verdict) == ("better", "worse")
    assert turned.interval == pytest.approx((-found.interval[1], -found.interval[0]))
    assert turned.p_value == found.p_value and turned.seed_bound == found.seed_bound


def test_the_order_of_recordings_does_not_matter() -> None:
    """Runs list them in any order; draws are of recordings, not of places."""
    run = made_matches(NAMES, 1, 0.3)
    order = np.random.default_rng(0).permutation(len(NAMES))
    place = np.argsort(order)
    shuffled = replace(
        run,
        video_ids=tuple(run.video_ids[i] for i in order),
        video_truth=run.video_truth[order],
        pred_video=place[run.pred_video],
    )
    np.testing.assert_allclose(resample_method([run]), resample_method([shuffled]), rtol=1e-12)
    with pytest.raises(ValueError, match="same recordings"):
        resample_method([run, made_matches(NAMES[1:], 1, 0.3)])


@pytest.mark.parametrize(
    ("num_videos", "seeds", "verdict"),
    [
        (2, 3, "only 2 recordings"),  # drawing two recordings again says nothing
        (30, 1, "too few seeds"),
        (2, 1, "only 2 recordings, too few seeds"),
    ],
)
def test_too_little_to_say_anything(num_videos: int, seeds: int, verdict: str) -> None:
    names = NAMES[:num_videos]
    better = [made_matches(names, seed, 0.0) for seed in range(seeds)]
    worse = [made_matches(names, 10 + seed, 0.6) for seed in range(seeds)]
    found = compare(better, worse)
    assert found.verdict == verdict and not found.is_clear
    assert (found.interval is None) == (num_videos == 2)
    assert (found.seed_bound is None) == (seeds == 1)


def test_seed_bound_is_welch() -> None:
    # Equal variances 1 and sizes 3: 4 degrees of freedom, standard error sqrt(2 / 3).
    assert seed_bound([1, 2, 3], [4, 5, 6]) == pytest.approx(2.776 * (2 / 3) ** 0.5, abs=1e-3)
    # One side without noise: the other side's 2 degrees of freedom, standard error sqrt(1 / 3).
    assert seed_bound([1, 2, 3], [4, 4, 4]) == pytest.approx(4.303 / 3**0.5, abs=1e-3)
    assert seed_bound([1, 1], [2, 2]) == 0
    assert seed_bound([1], [2, 3]) is None


@pytest.mark.slow
def test_the_interval_covers_the_true_difference() -> None:
    """Of 300 experiments on fresh recordings, about 95 % hold what 4,000 recordings say."""
    many = [f"v{i}" for i in range(4000)]
    true = [np.mean(average_maps([made_matches(many, 1, error)])) for error in (0.2, 0.3)]
    names = [f"v{i}" for i in range(60)]
    hits = 0
    for trial in range(300):
        runs = [
            [made_matches(names, 2 * trial + i, error, data_seed=trial)]
            for i, error in enumerate((0.2, 0.3))
        ]
        interval = compare(*runs).interval
        assert interval
        hits += interval[0] <= true[0] - true[1] <= interval[1]
    assert 0.90 <= hits / 300 <= 0.99
