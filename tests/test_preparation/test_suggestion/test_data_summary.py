"""What is measured of a data set before a config is suggested for it."""

import json
from pathlib import Path

import numpy as np
import pytest
from tiny import make_dataset

from mmtal.preparation.suggestion import Budget, choose_settings, config_text, summarize


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
    assert (found.source_channels, found.names.ending) == ((6,), ".npy")
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


def test_keypoints_become_features(tmp_path: Path) -> None:
    """What is measured is what the suggested transforms make of them."""
    root = make_dataset(tmp_path / "data", num_train=2, num_test=1)
    for file in (root / "features").glob("*.npy"):
        values = np.abs(np.load(file))
        values[:, 2::3] = 1
        heads = [
            "scorer" + ",net" * 6,
            "bodyparts,a,a,a,b,b,b",
            "coords,x,y,likelihood,x,y,likelihood",
        ]
        rows = [",".join(map(str, [k, *row])) for k, row in enumerate(values)]
        file.with_suffix(".csv").write_text("\n".join([*heads, *rows]))
        file.unlink()
    found = summarize(root / "annotations.json", features=[root / "features"])
    assert found.pose is not None and tuple(found.pose.keypoints) == ("a", "b")
    assert found.source_channels == (4 + 1 + 4,) == found.std.shape
    config = config_text(found, choose_settings(found, Budget()), name="x")
    assert 'dict(type="FillKeypoints")' in config and "in_channels=9" in config


@pytest.mark.parametrize(
    ("apart", "width"),  # at 4 features a second
    [(6.0, 3.0), (50.0, 5.0), (1.0, 1.2), (None, 5.0)],
    ids=["half of the gap", "20 features at most", "5 features at least", "one event"],
)
def test_the_width_of_events_is_half_their_gap(
    tmp_path: Path, apart: float | None, width: float
) -> None:
    root = make_dataset(tmp_path / "data", num_train=1, num_test=1)
    file = root / "annotations.json"
    content = json.loads(file.read_text())
    for entry in content["database"].values():
        times = [1.0] if apart is None else [1.0, 1.0 + apart]
        entry["annotations"] = [dict(label="step", time=time) for time in times]
        entry["duration"], entry["fps"] = 60.0, 4
    file.write_text(json.dumps(content))
    for path in (root / "features").iterdir():
        np.save(path, np.random.default_rng(0).normal(size=(240, 6)).astype(np.float32))
    found = summarize(file, features=[root / "features"])
    assert found.point_width == width
    np.testing.assert_allclose(found.durations, [width * 4] * len(times))
    settings = choose_settings(found, Budget())
    text = config_text(found, settings, name="steps")
    assert f"point_width={width:g}," in text and f"tolerances={settings.tolerances}" in text
    assert settings.tolerances[2] == width
