"""Matches give the protocol's own figures, and those of any resampling."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmtal.evaluation.average_precision import class_mean
from mmtal.evaluation.protocols import EvaluationProtocol
from mmtal.evaluation.protocols.point_rules import PointRules
from mmtal.experiments.leaderboard.matches import (
    find_matches,
    has_matches,
    pool,
    read_matches,
    write_matches,
)
from mmtal.results.instance_table import InstanceTable

CLASSES = ("wave", "jump", "sit", "never")
PROTOCOL = EvaluationProtocol(
    name="test/own",
    description="",
    source="",
    subset="validation",
    tiou_thresholds=(0.3, 0.5, 0.7),
    normalized_above=0.3,
)


def random_tables(
    seed: int, videos: int = 8, *, detections: int = 30
) -> tuple[InstanceTable, InstanceTable]:
    """Instances of three of four classes, detections of all four, scores with ties."""
    random = np.random.default_rng(seed)

    def table(number: int, labels: int, *, scores: bool) -> InstanceTable:
        content = {}
        for video in range(videos):
            start = random.uniform(0, 60, number)
            content[f"{seed}_{video}"] = dict(
                segments=np.stack([start, start + random.uniform(1, 15, number)], axis=1),
                labels=random.integers(0, labels, number),
                scores=random.integers(1, 20, number) / 20 if scores else np.ones(number),
            )
        return InstanceTable.from_videos(content)

    return table(6, 3, scores=False), table(detections, 4, scores=True)


def parts_of(table: InstanceTable, wanted: list[str]) -> InstanceTable:
    """The table of these recordings; one that is wanted twice is there under two names."""
    content = {}
    for index, name in enumerate(wanted):
        rows = table.video == table.video_ids.index(name)
        content[f"{name}#{index}"] = dict(
            segments=table.segments[rows], labels=table.labels[rows], scores=table.scores[rows]
        )
    return InstanceTable.from_videos(content)


def figures_of(
    truth: InstanceTable, detections: InstanceTable, protocol: EvaluationProtocol = PROTOCOL
) -> dict[str, float]:
    return protocol.evaluate(truth, detections, CLASSES)["metrics"]


@pytest.mark.parametrize("handling", ["corrected", "official"])
@pytest.mark.parametrize("seed", range(5))
def test_they_give_the_figures_of_the_protocol(seed: int, handling: str) -> None:
    protocol = replace(PROTOCOL, label_handling=handling)
    truth, detections = random_tables(seed)
    # the class that official labels mix up with others
    truth = replace(truth, labels=np.where(truth.labels == 1, 3, truth.labels))
    expected = figures_of(truth, detections, protocol)
    found = find_matches(protocol, truth, detections, CLASSES).figures()
    assert set(found) == set(expected)
    for name, value in found.items():
        assert value == pytest.approx([expected[name]], abs=1e-12), name


@pytest.mark.parametrize("seed", range(5))
def test_those_of_events_give_the_mean_over_tolerances(seed: int, tmp_path: Path) -> None:
    rules = PointRules(tolerances=(0.5, 2.0, 5.0))
    protocol = EvaluationProtocol(name="test/events", points=rules)
    truth, detections = random_tables(seed)
    found = find_matches(protocol, truth, detections, CLASSES)
    metrics = figures_of(truth, detections, protocol)
    expected = [metrics[f"mAP@{t:g} s"] for t in reversed(rules.tolerances)]
    assert class_mean(found.ap())[0] == pytest.approx(expected, abs=1e-12)
    assert min(expected) < max(expected) and not found.poolable
    write_matches(tmp_path / "own.matches.npz", [found])
    assert has_matches(tmp_path / "own.matches.npz", "test/events")
    assert not has_matches(tmp_path / "own.matches.npz", "test/other")
    assert not has_matches(tmp_path / "none.npz", "test/events")
    kaggle = replace(protocol, points=replace(rules, inclusive=False))
    assert protocol.has_matches and not kaggle.has_matches


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_recordings_drawn_again(seed: int) -> None:
    truth, detections = random_tables(seed)
    # no ties between recordings, whose order depends on the names of the drawn ones
    scores = detections.scores + np.random.default_rng(seed).uniform(0, 0.01, len(detections))
    detections = replace(detections, scores=scores)
    matches = find_matches(PROTOCOL, truth, detections, CLASSES)
    draws = np.random.default_rng(seed).integers(0, 8, (6, 8))
    weights = np.stack([np.bincount(draw, minlength=8) for draw in draws]).astype(float)
    found = matches.figures(weights)
    for row, draw in enumerate(draws):
        names = [truth.video_ids[video] for video in draw]
        expected = figures_of(parts_of(truth, names), parts_of(detections, names))
        for name, values in found.items():
            assert values[row] == pytest.approx(expected[name], abs=1e-12), name


def test_pooled_folds_are_one_evaluation() -> None:
    folds = [random_tables(seed, 3) for seed in range(4)]
    joined = [
        InstanceTable.from_videos(
            {
                name: dict(segments=t.segments[rows], labels=t.labels[rows], scores=t.scores[rows])
                for t in tables
                for video, name in enumerate(t.video_ids)
                for rows in [t.video == video]
            }
        )
        for tables in zip(*folds, strict=True)
    ]
    pooled = pool([find_matches(PROTOCOL, *fold, CLASSES) for fold in folds])
    expected = figures_of(*joined)
    for name, value in pooled.figures().items():
        assert value == pytest.approx([expected[name]], abs=1e-12), name


def test_class_that_one_fold_lacks_still_has_its_false_positives() -> None:
    truth = {"a": dict(segments=[[0, 5]], labels=[0]), "b": dict(segments=[[0, 5]], labels=[1])}
    wrong = dict(segments=[[0, 5], [0, 5]], labels=[0, 1], scores=[0.5, 0.9])
    folds = [
        find_matches(
            PROTOCOL,
            InstanceTable.from_videos({name: content}),
            InstanceTable.from_videos({name: wrong}),
            CLASSES,
        )
        for name, content in truth.items()
    ]
    assert [float(fold.figures()["mAP"][0]) for fold in folds] == [1, 1]
    # class 0: hit .5 of a, false positive .5 of b after it; class 1: false .9 of a first
    assert float(pool(folds).figures()["mAP"][0]) == pytest.approx((1 + 1 / 2) / 2)


def test_detections_in_recordings_not_listed_are_false_positives() -> None:
    truth, detections = random_tables(0)
    few = parts_of(truth, list(truth.video_ids[:4]))
    few = replace(few, video_ids=truth.video_ids[:4])
    found = find_matches(PROTOCOL, few, detections, CLASSES).figures()
    expected = figures_of(few, detections)
    assert found["mAP"] == pytest.approx([expected["mAP"]], abs=1e-12)


@pytest.mark.parametrize(
    ("truth", "detections", "expected"),
    [
        pytest.param(0, 5, np.nan, id="nothing to find"),
        pytest.param(3, 0, 0.0, id="nothing found"),
    ],
)
def test_empty_tables(truth: int, detections: int, expected: float) -> None:
    def table(number: int) -> InstanceTable:
        columns = dict(segments=[[0, 5]] * number, labels=list(range(number)))
        return InstanceTable.from_videos({"a": columns})

    matches = find_matches(PROTOCOL, table(truth), table(detections), [f"c{i}" for i in range(5)])
    assert matches.figures()["mAP"] == pytest.approx([expected], nan_ok=True)


def test_they_are_read_as_written(tmp_path: Path) -> None:
    parts = [
        find_matches(replace(PROTOCOL, name=name), *random_tables(seed), CLASSES)
        for seed, name in enumerate(["one", "two"])
    ]
    path = tmp_path / "x.matches.npz"
    write_matches(path, parts)
    for part in parts:
        found = read_matches(path, part.protocol)
        for name, value in vars(part).items():
            np.testing.assert_array_equal(getattr(found, name), value)
    with pytest.raises(ValueError, match="has the protocols one, two, but not three"):
        read_matches(path, "three")


def test_what_is_no_file_of_matches_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.npz"):
        read_matches(tmp_path / "nothing.npz", "one")
    (tmp_path / "text.npz").write_text("no")
    with pytest.raises(ValueError, match="holds no matches of a run"):
        read_matches(tmp_path / "text.npz", "one")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match="holds no matches of a run"):
        read_matches(tmp_path / "other.npz", "one")


def test_what_cannot_be_pooled_is_refused() -> None:
    one, two = (find_matches(PROTOCOL, *random_tables(seed), CLASSES) for seed in range(2))
    with pytest.raises(ValueError, match="'0_0' is in two of them"):
        pool([one, one])
    with pytest.raises(ValueError, match="same protocol and classes"):
        pool([one, replace(two, protocol="other")])
    with pytest.raises(ValueError, match="renumbers the classes"):
        pool([replace(one, poolable=False), replace(two, poolable=False)])
    with pytest.raises(ValueError, match="at least one fold"):
        pool([])
