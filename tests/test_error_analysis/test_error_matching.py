"""Matches agree with the evaluator; overlaps."""

import numpy as np
import pytest

from mmtal.error_analysis.errors import analyze_false_positives, find_overlaps
from mmtal.error_analysis.one_threshold import precision_recall
from mmtal.evaluation.average_precision import average_precision, detection_scores
from mmtal.evaluation.matching import match_detections
from mmtal.results.instance_table import InstanceTable

TIOU = [0.1, 0.3, 0.5, 0.7]


def random_table(seed: int, number: int, *, classes: int, scores: bool) -> InstanceTable:
    random = np.random.default_rng(seed)
    start = random.uniform(0, 60, number).round()
    return InstanceTable(
        video_ids=tuple(f"v{i}" for i in range(6)),
        video=random.integers(0, 5, number),  # the last recording stays empty
        segments=np.stack([start, start + random.integers(1, 12, number)], axis=1),
        labels=random.integers(0, classes, number),
        scores=random.integers(0, 20, number) / 20 if scores else np.ones(number),  # many ties
    )


@pytest.mark.parametrize("seed", range(4))
def test_plain_ap_is_that_of_the_evaluator(seed: int) -> None:
    truth = random_table(seed, 40, classes=4, scores=False)
    found = random_table(seed + 10, 300, classes=6, scores=True)  # two classes are not there
    matches = match_detections(truth, found, TIOU)
    ap = average_precision(matches)[0]
    np.testing.assert_allclose(ap, detection_scores(truth, found, TIOU).ap, atol=1e-12)
    curves = precision_recall(matches, 2)
    assert [curve.ap for curve in curves] == pytest.approx(ap[2].tolist())
    assert all((np.diff(curve.precision) <= 0).all() for curve in curves)


@pytest.mark.parametrize("seed", range(3))
def test_outcomes_sum_to_the_detections_considered(seed: int) -> None:
    truth = random_table(seed, 30, classes=3, scores=False)
    found = random_table(seed + 10, 200, classes=3, scores=True)
    matches = match_detections(truth, found, TIOU)
    part = analyze_false_positives(matches, find_overlaps(matches))
    number = np.bincount(truth.labels)
    considered = np.minimum(np.bincount(found.labels), 10 * number).sum()
    assert part.counts.sum(axis=(1, 2)).tolist() == [considered] * len(TIOU)
    assert (part.counts.sum(axis=(1, 2)) == part.overall.sum()).all()
    some = part.counts[0].sum(axis=1) > 0
    assert part.profile[some].sum(axis=1) == pytest.approx(1)
    assert np.isnan(part.profile[~some]).all()
    assert (part.gain >= 0).all()


def test_each_instance_is_hit_once() -> None:
    truth = random_table(0, 30, classes=2, scores=False)
    matches = match_detections(truth, random_table(1, 200, classes=2, scores=True), TIOU)
    for matched in matches.matched:
        rows = matched[matched >= 0]
        assert len(set(rows.tolist())) == len(rows)
    found = matches.found(np.ones(len(matches.rows), dtype=bool))
    assert (found.sum(axis=1) == matches.hits.sum(axis=1)).all()


def test_rows_lead_back_to_the_table() -> None:
    found = random_table(1, 50, classes=3, scores=True)
    matches = match_detections(random_table(0, 20, classes=2, scores=False), found, TIOU)
    assert (found.segments[matches.rows] == matches.detections.segments).all()
    assert len(matches.rows) == (found.labels < 2).sum()


def table(*rows: tuple) -> InstanceTable:
    """(segment, label) or (segment, label, score) of one recording."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], []]
    names = ("segments", "labels", "scores")
    return InstanceTable.from_videos({"v": dict(zip(names, columns, strict=False))})


def test_normalized_precision_by_hand() -> None:
    # Class 0 has 3 instances, class 1 one: n = 2. False, then a hit, in each class.
    truth = table(([0, 1], 0), ([2, 3], 0), ([4, 5], 0), ([6, 7], 1))
    found = table(([9, 10], 0, 0.9), ([0, 1], 0, 0.8), ([9, 10], 1, 0.9), ([6, 7], 1, 0.8))
    scores = detection_scores(truth, found, [0.5], normalized=True)
    rare = 1 / 3 * 2 / (1 / 3 * 2 + 1)  # recall 1/3 as if of 2 instances
    assert scores.ap[0].tolist() == pytest.approx([rare / 3, 2 / 3])
    assert scores.average_map == pytest.approx((rare / 3 + 2 / 3) / 2)
    assert scores.classes.tolist() == [0, 1] and scores.recall.shape == (1, 0, 2)
    plain = detection_scores(truth, found, [0.5])
    assert plain.ap[0].tolist() == pytest.approx([0.5 / 3, 0.5])


@pytest.mark.parametrize(
    ("detections", "expected", "why"),
    [
        ([([0, 1], 0, 0.9), ([2, 3], 1, 0.1)], 1.0, "perfect"),
        ([([0, 1], 0, 0.9), ([2, 3], 1, 0.1), ([8, 9], 0, 0.05)], 1.0, "false ones come last"),
        ([([0, 1], 1, 0.9), ([2, 3], 0, 0.9)], 0.0, "wrong labels"),
        ([([0, 1], 5, 0.9)], 0.0, "a class that is not there"),
        ([], 0.0, "no detection"),
    ],
)
def test_normalized_map_of_simple_cases(detections: list[tuple], expected: float, why: str) -> None:
    truth = table(([0, 1], 0), ([2, 3], 1))
    scores = detection_scores(truth, table(*detections), "0.3:0.1:0.7", normalized=True)
    assert scores.average_map == expected, why


def test_one_class_is_normalized_to_itself() -> None:
    truth = random_table(0, 30, classes=1, scores=False)
    found = random_table(1, 200, classes=1, scores=True)
    scores = detection_scores(truth, found, TIOU, normalized=True)
    np.testing.assert_allclose(scores.ap, detection_scores(truth, found, TIOU).ap)


def test_nothing_at_all() -> None:
    nothing = table()
    assert np.isnan(detection_scores(nothing, nothing, [0.5], normalized=True).average_map)


def test_overlaps_know_their_limit() -> None:
    truth = table(([0, 10], 0), ([20, 30], 1))
    matches = match_detections(truth, table(([0, 0.9], 0, 0.9), ([19, 29], 0, 0.8)), [0.5])
    overlaps = find_overlaps(matches)
    assert overlaps.instance.tolist() == [-1, 1]
    assert overlaps.tiou.tolist() == pytest.approx([0, 9 / 11])
    assert overlaps.same.tolist() == [False]
