"""What falls, what does not, and how often an unchanged method is said to fall."""

from pathlib import Path

import numpy as np
import pytest

from mmtal.experiments.leaderboard.regression import (
    MIN_DEVIATION,
    Judgment,
    judge,
    prediction_margin,
)
from tests.made_records import made_record

FOLDER = Path("records")


def runs(figures: dict[str, list[float]], *, fold: str | None = None, first: int = 0, **fields):
    """A record for each figure of each method; seeds count from ``first``."""
    return [
        (FOLDER, made_record(method, seed, fold, map_=value, **fields))
        for method, values in figures.items()
        for seed, value in enumerate(values, start=first)
    ]


def judge_one(new, accepted, **options) -> Judgment:
    found = judge(new, accepted, **options)
    assert len(found) == 1
    return found[0]


def test_the_margin_is_the_prediction_interval() -> None:
    # t(0.99, 4) = 3.747; deviation 0.01; one new against five accepted: sqrt(1 / 5 + 1).
    assert prediction_margin(0.01, 4, 5, 1, 0.99) == pytest.approx(0.03747 * 1.2**0.5, rel=1e-4)
    assert prediction_margin(0.0, 4, 5, 1, 0.99) == prediction_margin(MIN_DEVIATION, 4, 5, 1, 0.99)


FIVE = [0.60, 0.61, 0.62, 0.63, 0.64]  # mean 0.62, deviation 0.0158, margin for one new 0.0649


@pytest.mark.parametrize(
    ("accepted", "new", "verdict"),
    [
        (FIVE, FIVE, "as before"),
        (FIVE, [0.56], "as before"),  # 0.06 lower: one seed may
        (FIVE, [0.55], "fell"),
        (FIVE, [0.56] * 5, "fell"),  # five seeds may not
        (FIVE, [0.68], "as before"),
        (FIVE, [0.69], "rose"),
        ([0.6, 0.6, 0.6], [0.595], "as before"),  # seeds that agree are not believed to the end
        ([0.6, 0.6, 0.6], [0.58], "fell"),
        (FIVE, [0.0], "fell"),
    ],
)
def test_verdicts(accepted: list[float], new: list[float], verdict: str) -> None:
    found = judge_one(runs({"A": new}), runs({"A": accepted}))
    assert found.verdict == verdict
    assert found.change == pytest.approx(np.mean(new) - np.mean(accepted))
    assert found.margin and (abs(found.change) > found.margin) == (verdict != "as before")


def test_methods_of_a_benchmark_share_their_noise() -> None:
    """One accepted seed has no deviation of its own; three have one that is hardly known."""
    alone = judge_one(runs({"A": [0.5]}), runs({"A": [0.6]}))
    assert alone.verdict == "not judged" and "nothing says how they vary" in alone.remarks[0]
    others = {"B": [0.3, 0.31, 0.32], "C": [0.4, 0.41, 0.42]}
    found = judge(runs({"A": [0.5]}), runs({"A": [0.6], **others}))[0]
    assert found.verdict == "fell" and found.deviation == pytest.approx(0.01)
    assert found.margin == pytest.approx(prediction_margin(0.01, 4, 1, 1, 0.99))


def test_a_side_is_missing() -> None:
    found = judge(runs({"A": [0.6], "N": [0.6]}), runs({"A": [0.6, 0.61], "B": [0.1, 0.2]}))
    assert [one.verdict for one in found] == ["as before", "not run", "new"]
    assert [one.change for one in found][1:] == [None, None]
    assert judge([], []) == []


@pytest.mark.parametrize(
    ("fields", "remark"),
    [
        ({"config_text": "{}"}, "the config changed"),
        ({"device": "GPU"}, "device CPU, 1 thread -> GPU"),
        ({"versions": {"torch": "3", "x": "1"}}, "torch 2.13 -> 3, x none -> 1"),
        ({"data": {"annotations_sha256": "file of None"}}, "the features changed"),
    ],
)
def test_what_else_changed_is_told_and_compared(fields: dict, remark: str) -> None:
    found = judge_one(runs({"A": [0.6]}, **fields), runs({"A": FIVE}))
    assert (found.verdict, found.remarks) == ("as before", (remark,))


def test_another_test_set_is_not_compared() -> None:
    other = {"annotations_sha256": "another", "features_sha256": "features"}
    found = judge_one(runs({"A": [0.1]}, data=other), runs({"A": FIVE}))
    assert found.verdict == "not judged" and "differ in their annotations" in found.remarks[0]


def test_folds_that_both_sides_have_are_compared() -> None:
    accepted = [
        run
        for fold, values in {"1": FIVE, "2": [v + 0.3 for v in FIVE]}.items()
        for run in runs({"A": values}, fold=fold)
    ]
    found = judge_one(runs({"A": [0.62]}, fold="1"), accepted)
    assert (found.verdict, found.accepted) == ("as before", tuple(FIVE))
    assert found.remarks == ("compared on 1 fold, 1 left out",)
    both = runs({"A": [0.62]}, fold="1") + runs({"A": [0.92]}, fold="2")
    assert judge_one(both, accepted).accepted == pytest.approx([v + 0.15 for v in FIVE])
    assert judge_one(runs({"A": [0.6]}, fold="3"), accepted).verdict == "not judged"


def test_mixed_recipes_are_refused() -> None:
    mixed = runs({"A": [0.6]}) + runs({"A": [0.6]}, first=1, config_text="{}")
    with pytest.raises(ValueError, match="made-A-seed0 and made-A-seed1 have different configs"):
        judge(mixed, runs({"A": FIVE}))
    with pytest.raises(ValueError, match=r"confidence must lie in \(0.5, 1\), but got 1"):
        judge([], [], confidence=1)


@pytest.mark.parametrize(("accepted", "new"), [(3, 1), (5, 1), (5, 5)])
def test_unchanged_methods_seldom_fall(accepted: int, new: int) -> None:
    """One in a hundred, of 3,000; a real fall of four deviations is seen in most."""
    random = np.random.default_rng(0)
    falls = seen = 0
    for _ in range(3000):
        values = random.normal(0.5, 0.02, accepted + new)
        mean = values[:accepted].mean()
        deviation = values[:accepted].std(ddof=1)
        margin = prediction_margin(deviation, accepted - 1, accepted, new, 0.99)
        falls += values[accepted:].mean() < mean - margin
        seen += values[accepted:].mean() - 4 * 0.02 < mean - margin
    assert 0.005 < falls / 3000 < 0.016
    assert accepted == 3 or seen / 3000 > 0.4
