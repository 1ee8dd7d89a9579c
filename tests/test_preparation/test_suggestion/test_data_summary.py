"""What is measured of a data set before a config is suggested for it."""

import json
from pathlib import Path

import numpy as np
import pytest
from tiny import make_dataset

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.preparation.suggestion import choose_subsets, summarize
from mmtal.preparation.suggestion.data_summary import find_grid
from mmtal.structures import FeatureGrid


def annotate(path: Path, subsets: dict[str, str]) -> AnnotationFile:
    database = {name: dict(subset=subset, annotations=[]) for name, subset in subsets.items()}
    path.write_text(json.dumps(dict(database=database)))
    return AnnotationFile(path)


def recordings(*, stride: float, snippet: float, fps: float, number: int = 12) -> tuple:
    """Recordings whose features were extracted as is usual, and their lengths."""
    random = np.random.default_rng(0)
    frames = random.integers(40 * snippet, 300 * snippet, number)
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
    ],
)
def test_stride_and_snippet_are_found(stride: int, snippet: int, fps: float) -> None:
    entries, lengths = recordings(stride=stride, snippet=snippet, fps=fps)
    grid, own_fps, inferred = find_grid(
        entries, lengths, feature_stride=None, snippet_frames=None, fps=None
    )
    assert (grid, own_fps, inferred) == (FeatureGrid(stride, snippet, fps), True, True)


def test_what_the_user_says_counts() -> None:
    entries, lengths = recordings(stride=4, snippet=16, fps=30)
    grid, own_fps, inferred = find_grid(
        entries, lengths, feature_stride=4, snippet_frames=4, fps=30
    )
    assert (grid, own_fps, inferred) == (FeatureGrid(4, 4, 30), False, False)


def test_without_a_frame_rate_features_are_the_frames() -> None:
    entries, lengths = recordings(stride=1, snippet=1, fps=4)
    for entry in entries.values():
        del entry["fps"]
    grid, own_fps, _ = find_grid(
        entries, lengths, feature_stride=None, snippet_frames=None, fps=None
    )
    assert (grid, own_fps) == (FeatureGrid(1, 1, 4), False)


def test_features_of_another_video_are_refused() -> None:
    entries, lengths = recordings(stride=4, snippet=16, fps=30)
    lengths["r3"] *= 2
    with pytest.raises(ValueError, match=r"1 of 12 recordings differ .* such as 'r3'"):
        find_grid(entries, lengths, feature_stride=None, snippet_frames=None, fps=None)


def test_without_durations_the_user_must_say() -> None:
    entries, lengths = {"a": dict(fps=30)}, {"a": 100}
    with pytest.raises(ValueError, match="--feature-stride"):
        find_grid(entries, lengths, feature_stride=None, snippet_frames=None, fps=None)
    grid, _, inferred = find_grid(entries, lengths, feature_stride=4, snippet_frames=16, fps=30)
    assert (grid, inferred) == (FeatureGrid(4, 16, 30), False)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("Training", "Validation"), ("Training", "Validation")),  # as the file writes them
        (("train", "val", "test"), ("train", "val")),
        (("training", "testing"), ("training", "testing")),
        (("validation", "test"), ("validation", "test")),  # THUMOS14
    ],
)
def test_subsets(tmp_path: Path, names: tuple[str, ...], expected: tuple[str, str]) -> None:
    file = annotate(tmp_path / "a.json", {f"r{i}": name for i, name in enumerate(names)})
    assert choose_subsets(file) == expected


@pytest.mark.parametrize(
    ("names", "choice"),
    [
        (("all",), {}),
        (("training",), {}),  # nothing to test on
        (("training", "validation"), dict(test="tset")),
        (("training", "validation"), dict(train="tain")),
    ],
)
def test_missing_subsets_are_named(tmp_path: Path, names: tuple[str, ...], choice: dict) -> None:
    file = annotate(tmp_path / "a.json", {f"r{i}": name for i, name in enumerate(names)})
    with pytest.raises(ValueError, match=f"has {', '.join(map(repr, names))}.*--train-subset"):
        choose_subsets(file, **choice)


def test_a_subset_is_not_tested_with_what_it_was_trained_on(tmp_path: Path) -> None:
    file = annotate(tmp_path / "a.json", {"r0": "training", "r1": "validation"})
    with pytest.raises(ValueError, match="'training' cannot be trained on and tested with"):
        choose_subsets(file, train="training", test="Training")


@pytest.mark.parametrize("name", ["feature_stride", "snippet_frames", "fps"])
@pytest.mark.parametrize("value", [-1.0, float("nan")])
def test_a_grid_that_cannot_be_is_refused(tmp_path: Path, name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be >=? 0"):
        summarize(tmp_path / "none.json", features=[tmp_path], **{name: value})


def test_figures_are_those_of_the_training_recordings(tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "data", num_train=3, num_test=2)
    found = summarize(root / "annotations.json", features=[root / "features"])
    database = json.loads((root / "annotations.json").read_text())["database"]
    training = {name: entry for name, entry in database.items() if entry["subset"] == "training"}
    values = [np.load(root / "features" / f"{name}.npy") for name in training]
    assert found.lengths.tolist() == [len(v) for v in values]
    assert (found.source_channels, found.file_ext) == ((6,), ".npy")
    np.testing.assert_allclose(found.mean, np.concatenate(values).mean(0), atol=1e-6)
    np.testing.assert_allclose(found.std, np.concatenate(values).std(0), atol=1e-6)
    segments = [a["segment"] for entry in training.values() for a in entry["annotations"]]
    assert sorted(found.durations) == sorted(end - start for start, end in segments)
    assert found.crowding == max(len(entry["annotations"]) for entry in database.values())
    assert found.overlap == 0


def test_overlapping_instances_are_counted(tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "data", num_train=1, num_test=1)
    file = root / "annotations.json"
    content = json.loads(file.read_text())
    content["database"]["rec_0"]["annotations"] = [
        dict(label="sit", label_id=2, segment=segment)
        for segment in ([0, 10], [10, 20], [12, 17], [30, 31])
    ] + [dict(label="wave", label_id=0, segment=[0, 10])]  # NMS is per class
    file.write_text(json.dumps(content))
    found = summarize(file, features=[root / "features"])
    assert found.overlap == 2 / 5


@pytest.mark.parametrize(
    ("recording", "purpose"), [("rec_0", "learn from"), ("rec_1", "test with")]
)
def test_both_subsets_need_an_instance(tmp_path: Path, recording: str, purpose: str) -> None:
    root = make_dataset(tmp_path / "data", num_train=1, num_test=1)
    file = root / "annotations.json"
    content = json.loads(file.read_text())
    content["database"][recording]["annotations"] = []
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"no instance to {purpose}"):
        summarize(file, features=[root / "features"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "data", num_train=1, num_test=1)
    (root / "features" / "rec_0.npy").unlink()
    with pytest.raises(FileNotFoundError, match="'rec_0' has no feature file"):
        summarize(root / "annotations.json", features=[root / "features"])
