"""Segmentations under the protocols: beside plain loops, and beside published predictions."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from mmtal.evaluation.protocols import find_protocol
from mmtal.evaluation.protocols.frame_rules import FrameRules
from mmtal.results.instance_table import InstanceTable
from mmtal.results.segmentation import instances_of_runs

Frames = dict[str, np.ndarray]
OVERLAPS = (0.1, 0.25, 0.5)


def figures(rules: FrameRules, truth: Frames, predicted: Frames) -> dict[str, float]:
    fps = rules.frames_per_second
    durations = {name: len(labels) / fps for name, labels in truth.items()}
    tables = [instances_of_runs(frames, fps) for frames in (truth, predicted)]
    return rules.figures(*tables, durations, OVERLAPS)


def plain_runs(labels: Sequence[int]) -> list[tuple[int, int, int]]:
    """(label, start, stop), in a loop over the frames."""
    runs: list[tuple[int, int, int]] = []
    last = None
    for frame, label in enumerate(labels):
        if label == last:
            runs[-1] = (label, runs[-1][1], frame + 1)
        else:
            runs.append((label, frame, frame + 1))
        last = label
    return [run for run in runs if run[0] != -1]


def plain_counts(actual: Sequence[int], guess: Sequence[int], overlap: float) -> np.ndarray:
    """True positives, false positives, misses: every predicted run takes its best true run."""
    truth, free, counts = plain_runs(actual), set(range(len(plain_runs(actual)))), np.zeros(3)
    for label, start, stop in plain_runs(guess):
        best, at = 0.0, -1
        for index, (other, first, last) in enumerate(truth):
            shared = max(0, min(stop, last) - max(start, first))
            tiou = shared / (max(stop, last) - min(start, first)) if label == other else 0.0
            if tiou > best:
                best, at = tiou, index
        right = best >= overlap and at in free
        free.discard(at if right else -1)
        counts[0 if right else 1] += 1
    counts[2] = len(free)
    return counts


def f1(counts: np.ndarray) -> float:
    right, wrong, missed = counts
    return 2 * right / (2 * right + wrong + missed)


def some_recordings(names: str) -> tuple[Frames, Frames]:
    random = np.random.default_rng(3)
    truth, predicted = {}, {}
    for name in names:
        labels = np.repeat(random.integers(-1, 4, 20), random.integers(1, 30, 20))
        wrong = np.repeat(random.random(len(labels) // 10 + 1) < 0.4, 10)[: len(labels)]
        truth[name] = labels
        predicted[name] = np.where(wrong, random.integers(-1, 4), np.roll(labels, 3))
    return truth, predicted


def test_means_over_recordings_beside_plain_loops() -> None:
    truth, predicted = some_recordings("abcdef")
    found = figures(FrameRules(frames_per_second=3, mean_over="recordings"), truth, predicted)
    for overlap in OVERLAPS:
        plain = [f1(plain_counts(truth[n], predicted[n], overlap)) for n in truth]
        assert found[f"f1@{round(100 * overlap)}"] == pytest.approx(np.mean(plain), abs=1e-12)
    plain = [np.mean(truth[name] == predicted[name]) for name in truth]
    assert found["accuracy"] == pytest.approx(np.mean(plain), abs=1e-12)


def test_means_over_splits_of_all_their_frames_and_runs() -> None:
    truth, predicted = some_recordings("abcdef")
    splits = (("a", "b"), ("c",), ("d", "e", "f"), ("x",))  # no results of the last one
    rules = FrameRules(frames_per_second=15, splits=splits)
    found = figures(rules, truth, predicted)
    for overlap in OVERLAPS:
        plain = [
            f1(sum((plain_counts(truth[n], predicted[n], overlap) for n in split), np.zeros(3)))
            for split in splits[:-1]
        ]
        assert found[f"f1@{round(100 * overlap)}"] == pytest.approx(np.mean(plain), abs=1e-12)
    right = [np.concatenate([truth[n] == predicted[n] for n in s]).mean() for s in splits[:-1]]
    assert found["accuracy"] == pytest.approx(np.mean(right), abs=1e-12)


def test_a_split_with_nothing_to_find_leaves_the_others_their_figures() -> None:
    truth, predicted = some_recordings("ab")
    splits = (("a", "b"), ("c",))
    rules = FrameRules(frames_per_second=15, splits=splits)
    alone = figures(rules, truth, predicted)
    nothing = {"c": np.full(15, -1)}
    found = figures(rules, truth | nothing, predicted | nothing)
    means = (alone["accuracy"] + 1) / 2, (alone["edit"] + 1) / 2  # whose background is right
    assert found == pytest.approx(alone | dict(accuracy=means[0], edit=means[1]))


def test_detections_that_overlap_become_one_segmentation() -> None:
    truth = instances_of_runs({"a": np.array([0, 0, 0, 0, 1, 1])}, 1)
    rows = dict(segments=[[0, 4], [1, 6], [4, 6], [0, 6]], labels=[0, 2, 1, 3])
    detections = InstanceTable.from_videos({"a": rows | dict(scores=[0.9, 0.5, 0.8, 0.1])})
    found = FrameRules(frames_per_second=1).figures(truth, detections, {"a": 6.0}, OVERLAPS)
    assert found["accuracy"] == found["edit"] == found["f1@50"] == 1


@pytest.mark.parametrize(
    ("splits", "durations", "message"),
    [
        ((("S1_",), ("S2_",)), {"a": 6.0}, "'a' must be of one of the splits.*begin with S1_, S2_"),
        ((("",),), {}, "recording 'a' must have a duration"),
        ((("",),), {"a": 1e9}, "at most 100,000,000 frames.*of recording 'a', is 1e.09: is it in"),
    ],
)
def test_other_recordings(splits: tuple, durations: dict, message: str) -> None:
    truth = instances_of_runs({"a": np.zeros(6, int)}, 1)
    rules = FrameRules(frames_per_second=1, splits=splits)
    with pytest.raises(ValueError, match=message):
        rules.figures(truth, truth, durations, OVERLAPS)


def test_splits_are_the_benchmarks() -> None:
    sizes = {"salads50/ms-tcn": (5, 25), "gtea/ms-tcn": (4, 4), "breakfast/ms-tcn": (4, 52)}
    for name, (number, people) in sizes.items():
        rules = find_protocol(name).frames
        assert rules is not None and len(rules.splits) == number
        assert len({begin for split in rules.splits for begin in split}) == people


@pytest.mark.parametrize(
    ("name", "files", "names", "expected"),
    [
        (
            "salads50/ed-tcn",
            [f"50Salads/mid/mid_video_ED-TCN_L2_C15/{i}.mat" for i in range(1, 6)],
            ["rgb-03-", "rgb-07-", "rgb-02-", "rgb-01-", "rgb-04-"],
            [64.68, 68.02, 63.89, 52.55, 59.85],
        ),
        (
            "gtea/ed-tcn",
            [f"GTEA/video_ED-TCN_L2_C25/{i}.mat" for i in range(1, 4)],
            ["S1_", "S2_", "S3_"],
            [63.71, 73.15, 68.52, 55.60, 69.89],
        ),
    ],
)
def test_published_predictions(
    shared_data: Callable[[str], Path],
    name: str,
    files: list[str],
    names: list[str],
    expected: list[float],
) -> None:
    """ED-TCN's, of bityangke/AP_TCN @ 655684133f90 (GTEA's fourth split is missing there)."""
    io = pytest.importorskip("scipy.io")
    truth: Frames = {}
    predicted: Frames = {}
    for begin, file in zip(names, files, strict=True):
        content = io.loadmat(shared_data(f"ap_tcn/predictions/{file}"))
        for number, (guess, actual) in enumerate(
            zip(content["P"][0], content["Y"][0], strict=True)
        ):
            truth[f"{begin}{number}"] = actual.ravel().astype(np.int64) - 1  # 0 is background
            predicted[f"{begin}{number}"] = guess.ravel().astype(np.int64) - 1
    rules = find_protocol(name).frames
    assert rules is not None
    found = figures(rules, truth, predicted)
    shown = [round(100 * found[k], 2) for k in ("accuracy", "f1@10", "f1@25", "f1@50", "edit")]
    assert shown == expected
