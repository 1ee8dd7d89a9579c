"""The embedded recordings are the published ones."""

import importlib.util
import io
import json
import os
import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
HAPT = ROOT / "data" / "hapt"
DATABASE = json.loads((HAPT / "annotations.json").read_text())["database"]


def load(video: str) -> np.ndarray:
    with np.load(HAPT / "features" / f"{video}.npz") as archive:
        return archive["feats"]


@pytest.fixture(scope="module")
def make_hapt():
    spec = importlib.util.spec_from_file_location("make_hapt", ROOT / "tools" / "make_hapt.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_data_set_is_small_and_whole():
    files = [path for path in HAPT.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 5_000_000
    assert {path.stem for path in files if path.suffix == ".npz"} == DATABASE.keys()
    assert Counter(entry["subset"] for entry in DATABASE.values()) == {
        "Training": 8,
        "Validation": 4,
    }


@pytest.mark.parametrize("subset", ["Training", "Validation"])
def test_every_class_is_in_each_subset(subset):
    entries = [entry for entry in DATABASE.values() if entry["subset"] == subset]
    labels = {item["label_id"]: item["label"] for e in entries for item in e["annotations"]}
    assert sorted(labels) == list(range(12))
    assert len(set(labels.values())) == 12


@pytest.mark.parametrize("video", DATABASE)
def test_signals_and_annotations_fit_together(video):
    signal, entry = load(video), DATABASE[video]
    assert signal.dtype == np.float32
    assert signal.shape == (round(entry["duration"] * 50), 3)
    assert np.abs(signal).max() < 2.5  # in g: a phone's sensor, range 2 g
    segments = np.array([item["segment"] for item in entry["annotations"]])
    assert (segments[:, 0] < segments[:, 1]).all()
    assert (segments[1:, 0] > segments[:-1, 1]).all()
    assert 0 <= segments.min() <= segments.max() <= entry["duration"]


def test_signals_and_annotations_are_the_published_ones(shared_data):
    published = json.loads(shared_data("sbhar/annotations/loso_sbj_0.json").read_text())["database"]
    for video, entry in DATABASE.items():
        windows = np.lib.stride_tricks.sliding_window_view(load(video), 50, axis=0)[::25]
        features = np.load(shared_data(f"sbhar/features/{video}.npy"))
        np.testing.assert_array_equal(windows.reshape(len(windows), -1), features)
        for key in ("duration", "fps", "annotations"):
            assert entry[key] == published[video][key]


def test_the_script_refuses_any_other_file(make_hapt, tmp_path):
    (tmp_path / "other.tar.gz").write_bytes(b"something else")
    with pytest.raises(ValueError, match="must have the SHA-256"):
        make_hapt.read_frames(tmp_path / "other.tar.gz")


@pytest.mark.parametrize("function", [os.system, eval, getattr])
def test_its_unpickler_refuses_all_but_frames(make_hapt, function):
    with pytest.raises(pickle.UnpicklingError, match="not part of a pandas frame"):
        make_hapt.FrameUnpickler(io.BytesIO(pickle.dumps(function, protocol=2))).load()


def test_instances_are_runs_of_one_label(make_hapt):
    found = make_hapt.find_instances(np.array([-1, 1, 1, 1, 4, 4, 4, -1, 1, 1]))
    assert [(item["label"], *item["segment"]) for item in found] == [
        ("walking", 0.04, 0.08),
        ("sitting", 0.1, 0.14),
        ("walking", 0.18, 0.2),
    ]
