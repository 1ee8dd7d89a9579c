"""Missed instances, sensitivity and experiments, by hand."""

import numpy as np
import pytest

from mmtal.error_analysis.characteristics import Characteristic
from mmtal.error_analysis.errors import (
    CAUSES,
    analyze_false_negatives,
    find_overlaps,
    missed_instances,
)
from mmtal.error_analysis.oracles import run_oracles
from mmtal.error_analysis.sensitivity import analyze_sensitivity
from mmtal.evaluation.matching import match_detections
from mmtal.results.instance_table import InstanceTable


def table(*rows: tuple) -> InstanceTable:
    """(segment, label) or (segment, label, score) of one recording."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], []]
    names = ("segments", "labels", "scores")
    return InstanceTable.from_videos({"v": dict(zip(names, columns, strict=False))})


def matched(truth: InstanceTable, *rows: tuple, tiou: tuple[float, ...] = (0.5,)) -> tuple:
    matches = match_detections(truth, table(*rows), tiou)
    return matches, find_overlaps(matches)


JUMP_AND_RUN = table(([0, 10], 0), ([20, 30], 0), ([40, 50], 1))
NOISE = [([100 + i, 101 + i], 0, 0.9 - i / 1000) for i in range(60)]


@pytest.mark.parametrize(
    ("rows", "cause", "why"),
    [
        ([([0, 10], 0, 0.5)], None, "found"),
        ([([4, 14], 0, 0.5)], "boundaries off", "tIoU 6 / 14"),
        ([([0, 10], 1, 0.5)], "other label", "as a run"),
        ([([4, 14], 1, 0.5)], "not seen", "neither label nor boundaries"),
        ([], "not seen", "no detection"),
        ([([0, 10], 1, 0.5), ([4, 14], 0, 0.4)], "boundaries off", "the own label goes first"),
        ([*NOISE, ([0, 10], 0, 0.1)], "score too low", "1 hit after 60 false ones"),
        ([*NOISE, ([4, 14], 0, 0.1)], "not seen", "not among the 10 G best"),
    ],
)
def test_cause_of_a_miss(rows: list[tuple], cause: str | None, why: str) -> None:
    part = analyze_false_negatives(*matched(JUMP_AND_RUN, *rows))
    assert part.cause[0, 0] == (-1 if cause is None else CAUSES.index(cause)), why
    assert part.counts.sum() == pytest.approx(part.rate * 3)


def test_precision_limit_of_a_miss() -> None:
    # One hit of two instances after f false ones: 0.5 n / (0.5 n + f), n = 1.5, is 5 % at 14.25.
    for false, missed in ((14, False), (15, True)):
        matches, _ = matched(JUMP_AND_RUN, *NOISE[:false], ([0, 10], 0, 0.1))
        assert missed_instances(matches)[0].tolist() == [missed, True, True]


def test_gain_of_finding_what_is_missed() -> None:
    # Found: one of two jumps, behind a false one. Missed: a jump (not seen), the run (other label).
    rows = [([60, 70], 0, 0.9), ([0, 10], 0, 0.8), ([40, 50], 0, 0.7)]
    part = analyze_false_negatives(*matched(JUMP_AND_RUN, *rows))
    base = (0.5 / 2 + 0) / 2
    gains = dict(zip((*CAUSES, "all"), part.gain[:, 0], strict=True))
    one_more_jump = (1 + 2 / 3) / 2  # it leads; then a false one, then the second hit
    assert gains["not seen"] == pytest.approx((one_more_jump + 0) / 2 - base)
    assert gains["other label"] == pytest.approx((0.25 + 1) / 2 - base)
    assert gains["boundaries off"] == gains["score too low"] == 0
    assert gains["all"] == pytest.approx((one_more_jump + 1) / 2 - base)


def test_a_low_hit_is_not_counted_twice_when_its_instance_is_found() -> None:
    matches, overlaps = matched(table(([0, 10], 0)), *NOISE, ([0, 10], 0, 0.1))
    part = analyze_false_negatives(matches, overlaps)
    assert part.cause.tolist() == [[0]]
    assert part.gain[0] == pytest.approx(1 - 1 / 61)


def characteristic(values: list[float]) -> Characteristic:
    return Characteristic("length", np.array(values), (0, 5, 10, 15), ("S", "M", "L"), "computed")


def test_sensitivity_by_hand() -> None:
    # Both jumps hit, a false one between; the run missed. Short: first jump and run.
    rows = [([0, 10], 0, 0.9), ([60, 70], 0, 0.8), ([20, 30], 0, 0.7)]
    matches, _ = matched(JUMP_AND_RUN, *rows)
    (part,) = analyze_sensitivity(matches, [characteristic([4, 8, 4])])
    # n = 1.5. Short: the jump is found first, the run is not. Middle: only jumps, 1 * 1.5 hits
    # after one false one.
    assert part.map_n[:2].tolist() == pytest.approx([(1 + 0) / 2, 1.5 / 2.5])
    assert np.isnan(part.map_n[2]) and np.isnan(part.missed[2])  # no long instance
    assert part.missed[:2].tolist() == [0.5, 0]
    base = (1 + 2 / 3) / 2 / 2
    assert part.gain[:, 0].tolist() == pytest.approx([(2 * base + 1) / 2 - base, 0, 0])


def test_sensitivity_judges_each_threshold_by_itself() -> None:
    # At 0.3 a hit of the short jump; at 0.7 false, hence in the way of the middle one.
    rows = [([0, 5], 0, 0.9), ([20, 30], 0, 0.8)]
    matches, _ = matched(table(([0, 10], 0), ([20, 30], 0)), *rows, tiou=(0.3, 0.7))
    (part,) = analyze_sensitivity(matches, [characteristic([4, 8])])
    assert part.map_n[:2].tolist() == pytest.approx([(1 + 0) / 2, (1 + 2 / 3) / 2])


def test_perfect_detections() -> None:
    rows = [([0, 10], 0, 0.9), ([20, 30], 0, 0.8), ([40, 50], 1, 0.7)]
    matches, overlaps = matched(JUMP_AND_RUN, *rows, tiou=(0.3, 0.5, 1.0))
    missed = analyze_false_negatives(matches, overlaps)
    assert missed.rate == 0 and not missed.gain.any()
    (part,) = analyze_sensitivity(matches, [characteristic([4, 8, 4])])
    assert part.map_n[:2].tolist() == [1, 1] and not part.gain.any()
    for oracle in run_oracles(matches, overlaps):
        assert oracle.scores.tolist() == [1, 1] and oracle.gain.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("rows", "expected", "why"),
    [
        # labels, boundaries, both, scores; mAP over jump (2 instances) and run (1)
        ([([20, 30], 1, 0.9)], (0.25, 0, 0.25, 0), "only the label is wrong"),
        ([([24, 34], 0, 0.9)], (0, 0.25, 0.25, 0), "only the boundaries are wrong"),
        ([([24, 34], 1, 0.9)], (0, 0, 0.25, 0), "both are wrong"),
        ([([29.5, 40], 0, 0.9)], (0, 0, 0, 0), "background stays background"),
        (
            [([60, 70], 1, 0.9), ([40, 50], 1, 0.8)],
            (0.25, 0.25, 0.25, 0.5),
            "a false one scores too high",
        ),
        (
            [([20, 30], 1, 0.9), ([20, 30], 0, 0.8), ([40, 50], 1, 0.7)],
            (0.75, 0.5, 0.75, 0.75),
            "a detection that gets the label of one that is found is not made",
        ),
        (
            [([0, 8], 0, 0.9), ([4, 14], 0, 0.8), ([20, 30], 0, 0.7)],
            (5 / 12, 0.5, 0.5, 0.5),
            "nor one that gets the boundaries of one that is found",
        ),
        ([], (0, 0, 0, 0), "nothing is detected"),
    ],
)
def test_oracles(rows: list[tuple], expected: tuple[float, ...], why: str) -> None:
    oracles = run_oracles(*matched(JUMP_AND_RUN, *rows))
    assert [o.scores[0] for o in oracles] == pytest.approx(expected), why


def test_oracles_never_lose() -> None:
    random = np.random.default_rng(0)
    start = random.uniform(0, 200, 60)
    truth = table(*(([s, s + 5], i % 3) for i, s in enumerate(start)))
    found = table(
        *(
            (sorted([start[i % 60] + a, start[i % 60] + 5 + b]), int(random.integers(3)), score)
            for i, (a, b, score) in enumerate(random.normal(size=(300, 3)).tolist())
        )
    )
    matches = match_detections(truth, found, [0.3, 0.5, 0.7])
    for oracle in run_oracles(matches, find_overlaps(matches)):
        assert (oracle.gain > 0).all() and (oracle.scores <= 1).all()
