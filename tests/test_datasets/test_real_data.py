"""Real annotation files and features; skipped where they are missing."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmtal.datasets import FeatureArray, TemporalDataset

REAL = {
    # folder, annotations, features, feature stride, snippet, instances, recordings, classes, C
    "sbhar": ("annotations/loso_sbj_0.json", "features", 25, 50, 1214, 30, 12, 150),
    "salads50": ("annotations/split1.json", "features_split1", 1, 1, 898, 50, 17, 128),
    "gtea": ("annotations/split1.json", "features_split1", 1, 1, 526, 28, 10, 128),
    "sphere": ("annotator0_fold0.json", "features", 1, 1, 4476, 10, 20, 97),
}


@pytest.mark.parametrize("name", REAL)
def test_real_data_is_clean(shared_data, name: str):
    ann_file, features, stride, snippet, instances, recordings, classes, channels = REAL[name]
    dataset = TemporalDataset(
        ann_file,
        data_root=str(shared_data(name)),
        features=features,
        subset=["Training", "validation"],
        feature_stride=stride,
        snippet_frames=snippet,
        pipeline=[{"type": "LoadFeatures"}, {"type": "PackInputs"}],
    )
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    assert sum(len(info["labels"]) for info in infos) == instances
    assert len(dataset) == recordings
    assert len(dataset.metainfo["classes"]) == classes
    assert dataset.num_channels == channels
    assert dataset.metainfo["empty_classes"] == []


BENCHMARKS = {
    # file, subsets, fps, recordings, instances, bad segments
    "thumos14": (
        ["validation", "test"], None, 412, 3007 + 3358, {"segment outside the recording": 30},
    ),
    "multithumos": (
        ["validation", "test"], None, 412, 18482 + 20186,
        {"reversed segment": 30, "empty segment": 7, "segment outside the recording": 35},
    ),
    "activitynet13": (
        ["training", "validation"], 25, 9649 + 4926, None,
        {"empty segment": 12, "segment outside the recording": 215},
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmark_files_are_kept_as_published(shared_data, tmp_path: Path, name: str):
    subset, fps, recordings, instances, bad = BENCHMARKS[name]
    ann_file = shared_data(f"benchmarks/{name}/{name}.json")
    feature = tmp_path / "one.npy"
    np.save(feature, np.zeros((100000, 1), np.float16))
    for video_id in json.loads(ann_file.read_text())["database"]:
        (tmp_path / f"{video_id}.npy").symlink_to(feature)
    arguments = {
        "features": str(tmp_path),
        "subset": subset,
        "feature_stride": 4,
        "snippet_frames": 16,
        "fps": fps,
        "check_duration": False,
        "check_values": False,
    }
    dataset = TemporalDataset(str(ann_file), bad_segments="keep", **arguments)
    assert dataset.metainfo["bad_segments"] == bad
    assert len(dataset) == recordings
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    if instances is not None:
        assert sum(len(info["labels"]) for info in infos) == instances
    else:
        cleaned = TemporalDataset(
            str(ann_file), bad_segments="keep", remove_duplicates=True, **arguments
        )
        count = sum(len(cleaned.get_data_info(i)["labels"]) for i in range(len(cleaned)))
        assert (
            sum(len(info["labels"]) for info in infos) - count == 12 + 47 + 5
        )  # empty, equal, nearly equal
    with pytest.raises(ValueError, match=r"outside the recording \((30|35|3) found\)"):
        TemporalDataset(str(ann_file), **arguments)


def test_sliding_window_gives_the_published_windows(shared_data):
    windows = np.load(shared_data("sbhar/features/sbj_0.npy"))  # (T, 3 * 50), 25 samples apart
    by_axis = windows.reshape(-1, 3, 50)
    signal = np.concatenate([by_axis[0].T, *(window[:, 25:].T for window in by_axis[1:])])
    np.testing.assert_array_equal(FeatureArray((signal,)).windows(50, 25).read(), windows)
