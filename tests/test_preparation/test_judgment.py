"""Subsets and places in time: what a model is trained on."""

from typing import Any

import numpy as np
import pytest

from mmtal.datasets.features import FeatureArray
from mmtal.preparation.judgment import Placement, choose_subsets, find_placement
from mmtal.structures import FeatureGrid

RANDOM = np.random.default_rng(0)


def place(entries: dict, lengths: dict, **given: Any) -> Placement:
    """With features of 6 channels that are noise."""
    return find_placement(
        entries,
        {name: (length, (6,)) for name, length in lengths.items()},
        open_features=lambda name: FeatureArray((RANDOM.normal(size=(lengths[name], 6)),)),
        **given,
    )


def recordings(*, stride: float, snippet: float, fps: float, number: int = 12) -> tuple:
    """Recordings whose features were extracted as is usual, and their lengths."""
    random = np.random.default_rng(0)
    frames = random.integers(int(40 * snippet), int(300 * snippet), number)
    entries = {f"r{i}": dict(duration=float(n / fps), fps=fps) for i, n in enumerate(frames)}
    return entries, {f"r{i}": int((n - snippet) // stride) + 1 for i, n in enumerate(frames)}


@pytest.mark.parametrize(
    ("stride", "snippet", "fps"),
    [
        (1, 1, 15),  # one feature for each frame
        (4, 16, 30),  # THUMOS14, I3D: snippets overlap
        (16, 16, 25),  # ActivityNet, TSP: snippets touch
        (16, 32, 29.97),  # EPIC-Kitchens, SlowFast
        (25, 50, 50),  # windows over a sensor's signal
        (6.25, 6.25, 25),  # 4 features a second: no whole number of frames
        (7.5, 7.5, 30),
        (3, 3, 30),
        (1.2, 1.2, 12),  # 10 a second
    ],
)
def test_stride_and_snippet_are_found(stride: int, snippet: int, fps: float) -> None:
    entries, lengths = recordings(stride=stride, snippet=snippet, fps=fps)
    found = place(entries, lengths)
    assert found == Placement(FeatureGrid(stride, snippet, fps), own_fps=True, inferred=True)


def test_fractions_that_no_rate_explains_are_kept() -> None:
    entries, lengths = recordings(stride=6.4, snippet=6.4, fps=25, number=60)
    assert place(entries, lengths).grid.feature_stride == pytest.approx(6.4, rel=2e-3)


def test_a_stride_that_is_not_known_is_asked_for() -> None:
    entries = {f"r{i}": dict(duration=(60 + i) / 25, fps=25) for i in range(3)}
    with pytest.raises(ValueError, match=r"apart: 4\.\S+ to 6\.\S+ frames\. Give --feature-stride"):
        place(entries, dict.fromkeys(entries, 10))
    given = dict(feature_stride=6.25, snippet_frames=6.25)
    assert place(entries, dict.fromkeys(entries, 10), **given).grid.feature_stride == 6.25


def test_what_the_user_says_counts() -> None:
    entries, lengths = recordings(stride=4, snippet=16, fps=30)
    found = place(entries, lengths, feature_stride=4, snippet_frames=4, fps=30)
    assert found == Placement(FeatureGrid(4, 4, 30), own_fps=False, inferred=False)


def test_without_a_frame_rate_features_are_the_frames() -> None:
    entries, lengths = recordings(stride=1, snippet=1, fps=4)
    for entry in entries.values():
        del entry["fps"]
    found = place(entries, lengths)
    assert found == Placement(FeatureGrid(1, 1, 4), own_fps=False, inferred=True)


def test_features_of_another_video_are_refused() -> None:
    entries, lengths = recordings(stride=4, snippet=16, fps=30)
    lengths["r3"] *= 2
    with pytest.raises(ValueError, match=r"1 of 12 recordings differ .* such as 'r3'"):
        place(entries, lengths)


def test_without_durations_the_user_must_say() -> None:
    entries, lengths = {"a": dict(fps=30)}, {"a": 100}
    with pytest.raises(ValueError, match="--feature-stride"):
        place(entries, lengths)
    found = place(entries, lengths, feature_stride=4, snippet_frames=16)
    assert found == Placement(FeatureGrid(4, 16, 30), own_fps=True, inferred=False)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("Training", "Validation"), ("Training", "Validation")),  # as the file writes them
        (("train", "val", "test"), ("train", "val")),
        (("training", "testing"), ("training", "testing")),
        (("validation", "test"), ("validation", "test")),  # THUMOS14
    ],
)
def test_subsets(names: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert choose_subsets(names, source="a.json") == expected


@pytest.mark.parametrize(
    ("names", "choice"),
    [
        (("all",), {}),
        (("training",), {}),  # nothing to test on
        (("training", "validation"), dict(test="tset")),
        (("training", "validation"), dict(train="tain")),
    ],
)
def test_missing_subsets_are_named(names: tuple[str, ...], choice: dict) -> None:
    with pytest.raises(ValueError, match=f"has {', '.join(map(repr, names))}.*--subset-names"):
        choose_subsets(names, **choice, source="a.json")


def test_a_subset_is_not_tested_with_what_it_was_trained_on() -> None:
    with pytest.raises(ValueError, match="'training' cannot be trained on and tested with"):
        choose_subsets(["training", "validation"], "training", "Training", source="a.json")


def equal(*, length: int, channels: int, frames: float, smooth: int | None = None) -> tuple:
    """Arrays of one shape; neighbors are alike along the axis ``smooth``."""
    entries = {f"r{i}": dict(duration=frames / 25, fps=25) for i in range(6)}
    arrays = {}
    for name in entries:
        values = RANDOM.normal(size=(length, channels))
        arrays[name] = values if smooth is None else values.cumsum(axis=smooth)
    shapes = dict.fromkeys(entries, (length, (channels,)))
    return entries, shapes, lambda name: FeatureArray((arrays[name],))


AXES = {  # features, channels, frames of every recording, smooth axis, whether it is asked
    "stride by chance, 13; as (C, T) 4": (64, 200, 812.01, None, True),
    "2.08 frames; as (C, T) 16": (768, 100, 1600, None, True),
    "16 frames either way, but smooth along the channels": (128, 256, 2056, 1, True),
    "16 frames either way, and smooth in time": (128, 256, 2056, 0, False),
    "16 frames": (100, 2048, 1600, None, False),
    "7.5 frames, but smooth in time": (240, 100, 1800, 0, False),
    "5 per second of 24": (300, 64, 1440, None, False),
    "samples of a sensor": (2500, 6, 2500, None, False),
}


@pytest.mark.parametrize("case", AXES)
def test_it_is_asked_whether_equal_arrays_are_turned(case: str) -> None:
    length, channels, frames, smooth, asked = AXES[case]
    entries, shapes, open_ = equal(length=length, channels=channels, frames=frames, smooth=smooth)
    if not asked:
        assert find_placement(entries, shapes, open_features=open_).inferred
        return
    with pytest.raises(ValueError, match=r"Are they \(C, T\)\?.*features\.T.*--feature-stride"):
        find_placement(entries, shapes, open_features=open_)
    stride = 16 if frames == 2056 else frames / length
    given = dict(feature_stride=stride, snippet_frames=stride)
    assert not find_placement(entries, shapes, open_features=open_, **given).inferred


def test_instances_shorter_than_a_feature_tell_that_equal_arrays_are_turned() -> None:
    entries, shapes, open_ = equal(length=6, channels=60, frames=1500)
    for asked, end in ((False, 25), (True, 8)):  # of 10 s, if they are not turned
        for entry in entries.values():
            entry["annotations"] = [dict(label="a", segment=[2, end])]
        if not asked:
            assert find_placement(entries, shapes, open_features=open_).inferred
            continue
        with pytest.raises(ValueError, match="100% of the instances would be shorter than one of"):
            find_placement(entries, shapes, open_features=open_)


def test_resized_features_cover_all_of_their_recording() -> None:
    entries = {f"r{i}": dict(duration=20.0 * (i + 1), fps=25) for i in range(4)}
    found = place(entries, dict.fromkeys(entries, 100))
    assert found.resized
    assert found.of(entries["r1"], 100) == FeatureGrid(10, 10, 25)
    assert found.of(entries["r3"], 100).to_seconds(99.5) == 80.0
