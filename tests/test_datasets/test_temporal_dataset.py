import pickle
import unicodedata

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from mmtal.datasets import TemporalDataset
from mmtal.registry import DATASETS


def test_entries_and_metainfo(disk):
    disk.instance("b", 1)["label"], disk.instance("b", 1)["label_id"] = "run", 0
    del disk.instance("a", 1)["label"]
    disk.database["a"]["annotations"].pop()
    dataset = disk.dataset(metainfo={"dataset_name": "Disk"})
    info = dataset.get_data_info(1)
    assert info["video_id"] == "b" and info["num_features"] == 100 and info["fps"] == 10
    assert info["feat_paths"] == [str(disk.features / "b.npy")]
    np.testing.assert_array_equal(info["segments"], np.float32([[1, 4], [6, 8]]))
    assert info["segments"].dtype == np.float32 and info["labels"].tolist() == [0, 0]
    assert dataset.metainfo == {
        "classes": ("run", "jump"),  # of the whole file: "jump" is in the validation subset
        "dataset_name": "Disk",
        "subset": "training",
        "longest_recording": 10.0,
        "longest_instance": 3.0,
        "video_ids": ["a", "b"],
        "empty_classes": [1],
        "one_split_classes": "classes of one split only: 1 of 'Validation' (jump)",
        "bad_segments": {},
        "missing": [],
    }
    assert dataset.num_features_list == [100, 100]
    assert dataset.num_channels == 3
    sample = dataset[1]
    assert torch.equal(sample["inputs"], torch.ones(100, 3))
    assert sample["data_samples"].duration == 10


def test_built_from_the_registry(disk):
    disk.write()
    config = {
        "type": "TemporalDataset",
        "ann_file": str(disk.root / "ann.json"),
        "features": str(disk.features),
        "subset": "validation",
        "feature_stride": 1,
        "snippet_frames": 1,
    }
    assert len(DATASETS.build(config)) == 1


@pytest.mark.parametrize(
    ("subset", "ids"),
    [
        ("TRAINING", ["a", "b"]),  # case does not matter
        (["validation", "Training"], ["a", "b", "c"]),  # the order of the file
    ],
)
def test_subsets(disk, subset, ids: list[str]):
    assert disk.dataset(subset=subset).metainfo["video_ids"] == ids


@pytest.mark.parametrize("serialize_data", [True, False])
def test_indices_and_subsets_of_the_dataset(disk, serialize_data: bool):
    dataset = disk.dataset(indices=[1], serialize_data=serialize_data)
    assert dataset.metainfo["video_ids"] == ["b"] and dataset.num_features_list == [100]
    whole = disk.dataset(serialize_data=serialize_data)
    part = whole.get_subset([1])
    assert part.metainfo["video_ids"] == ["b"] and part._seed_epoch.is_shared()
    part.set_epoch(4)
    assert whole._seed_epoch.tolist() == [0, 0]
    whole.get_subset_(1)
    assert whole.metainfo["video_ids"] == ["a"]


def test_lazy_init_reads_when_used(disk):
    dataset = disk.dataset(lazy_init=True, features="absent")
    with pytest.raises(FileNotFoundError, match="absent"):
        dataset.full_init()


def test_no_instances_and_no_annotations_key(disk):
    disk.database["a"]["annotations"] = []
    del disk.database["b"]["annotations"]  # Ego4D
    for sample in disk.dataset():
        assert sample["data_samples"].gt_instances.segments.shape == (0, 2)


def test_one_feature(disk):
    disk.put("a", np.zeros((1, 3), np.float32))
    disk.database["a"] |= {"duration": 0.1, "annotations": []}
    disk.database["b"] = disk.database.pop("a")
    disk.put("b", np.zeros((1, 3), np.float32))
    assert disk.dataset()[0]["inputs"].shape == (1, 3)


def test_touching_boundaries_are_inside(disk):
    disk.instance()["segment"] = [0, 10.0]
    assert disk.dataset().get_data_info(0)["segments"][0].tolist() == [0, 10]


def test_a_segment_that_ends_within_a_feature_of_the_end_is_clipped(disk):
    disk.instance()["segment"] = [-0.05, 10.05]  # a feature is 0.1 s
    assert disk.dataset().get_data_info(0)["segments"][0].tolist() == [0, 10]
    kept = disk.dataset(bad_segments="keep")
    assert kept.get_data_info(0)["segments"][0].tolist() == np.float32([-0.05, 10.05]).tolist()
    assert kept.metainfo["bad_segments"] == {"segment outside the recording": 1}


def test_a_missing_duration_follows_from_the_features(disk):
    for entry in disk.database.values():
        del entry["duration"]
    dataset = disk.dataset(feature_stride=4, snippet_frames=16, fps=10)
    duration = dataset.get_data_info(0)["duration"]
    assert duration == pytest.approx((100 * 4 + 16) / 10)
    disk.instance()["segment"] = [0, duration + 0.5]
    with pytest.raises(ValueError, match="segment outside the recording"):
        disk.dataset(feature_stride=4, snippet_frames=16, fps=10)


def test_official_layouts(disk):
    """ActivityNet's prefix, EPIC's .npz, Ego4D's several folders with lengths off by one."""
    for name in "abc":
        np.save(disk.features / f"v_{name}.npy", np.zeros((100, 4), np.float16))
        np.savez(disk.features / f"{name}.npz", feats=np.zeros((100, 5)))
        disk.put(name, np.zeros((99, 2)), folder="more")
    assert disk.dataset(file_prefix="v_").num_channels == 4
    assert disk.dataset(file_ext=".npz").num_channels == 5
    several = disk.dataset(features=["features", "more"])
    assert several.num_channels == 5 and several.source_channels == (3, 2)
    assert several[0]["inputs"].shape == (99, 5)


def test_raw_signal_with_sliding_window(disk):
    pipeline = [
        {"type": "LoadFeatures"},
        {"type": "SlidingWindow", "window_size": 20, "window_stride": 10},
        {"type": "PackInputs"},
    ]
    dataset = disk.dataset(pipeline=pipeline)  # the duration check is about the signal
    assert dataset.num_channels == 60 and dataset[0]["inputs"].shape == (9, 60)


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (None, ("run", "jump")),
        (3, ("run", "jump", "class_2")),
        ("alphabetical", ("jump", "run")),
        ("occurring", ("run", "jump")),
        (["jump", "run"], ("jump", "run")),  # names decide, label_id does not
    ],
)
def test_classes(disk, classes, expected: tuple):
    dataset = disk.dataset(classes=classes)
    assert dataset.metainfo["classes"] == expected
    labels = dataset.get_data_info(0)["labels"]
    assert [expected[label] for label in labels] == ["run", "jump"]


def test_occurring_classes_close_the_gaps_between_ids(disk):
    for name in "abc":
        disk.instance(name)["label_id"] = 7
    with pytest.raises(ValueError, match="label_id 7"):
        disk.dataset()
    assert disk.dataset(classes="occurring").metainfo["classes"] == ("jump", "run")
    with pytest.raises(ValueError, match=r"one of .*'alphabetical'.*, but got 'by name'"):
        disk.dataset(classes="by name")


def test_made_up_class_names_do_not_repeat_real_ones(disk):
    for name in "abc":
        disk.instance(name)["label"] = "class_2"
    assert disk.dataset(classes=3).metainfo["classes"] == ("class_2", "jump", "class_2 (unused)")


def test_labels_without_ids_are_sorted_by_name(disk):
    for entry in disk.database.values():
        for instance in entry["annotations"]:
            del instance["label_id"]
    assert disk.dataset().metainfo["classes"] == ("jump", "run")


def test_a_class_in_two_spellings_is_refused_unless_both_are_listed(disk):
    disk.database["b"]["subset"] = "validation"
    disk.database["b"]["annotations"] = [{"label": "rnu", "segment": [1, 2]}]
    disk.database["a"]["annotations"] = [{"label": "run", "segment": [1, 2]}]
    for name in disk.database.keys() - {"a", "b"}:
        disk.database[name]["annotations"] = []
    with pytest.raises(ValueError, match=r"'r(un|nu)' \(1 x, only in .*did you mean 'r(un|nu)'"):
        disk.dataset()
    dataset = disk.dataset(classes=["run", "rnu"])
    assert "1 of 'validation' (rnu)" in dataset.metainfo["one_split_classes"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_files_are_found_whatever_form_their_letters_have(disk, form: str):
    name = "übung"
    disk.database[unicodedata.normalize(form, name)] = disk.database.pop("a")
    other = {"NFC": "NFD", "NFD": "NFC"}[form]
    disk.features.joinpath("a.npy").rename(
        disk.features / f"{unicodedata.normalize(other, name)}.npy"
    )
    assert unicodedata.normalize(form, name) in disk.dataset().metainfo["video_ids"]


def test_remove_duplicates(disk):
    disk.database["a"]["annotations"] = [
        {"label": "run", "label_id": 0, "segment": segment}
        for segment in ([1, 2], [1.0009, 2.0009], [1.002, 2], [3, 3.0005], [1, 2])
    ] + [{"label": "jump", "label_id": 1, "segment": [1, 2]}]
    kept = disk.dataset(remove_duplicates=True).get_data_info(0)
    np.testing.assert_allclose(kept["segments"], [[1, 2], [1.002, 2], [1, 2]])
    assert kept["labels"].tolist() == [0, 0, 1]
    assert len(disk.dataset().get_data_info(0)["labels"]) == 6


BAD_SEGMENTS = [[4, 1], [2, 2], [9, 11], [-1, 3]]


def test_bad_segments_are_kept_and_counted_on_request(disk):
    disk.database["a"]["annotations"] = [
        {"label": "run", "label_id": 0, "segment": segment} for segment in BAD_SEGMENTS
    ]
    dataset = disk.dataset(bad_segments="keep")
    assert dataset.metainfo["bad_segments"] == {
        "reversed segment": 1,
        "empty segment": 1,
        "segment outside the recording": 2,
    }
    segments = dataset[0]["data_samples"].gt_instances.segments
    assert segments.tolist() == BAD_SEGMENTS


def test_allow_missing_lists_the_recordings(disk):
    (disk.features / "a.npy").unlink()
    dataset = disk.dataset(allow_missing=True)
    assert dataset.metainfo["missing"] == ["a"] and dataset.metainfo["video_ids"] == ["b"]
    truth = dataset.metainfo["missing_truth"]["a"]
    assert truth["segments"] == [a["segment"] for a in disk.database["a"]["annotations"]]
    assert len(truth["labels"]) == len(truth["segments"]) > 0
    assert truth["duration"] == disk.database["a"]["duration"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bad_segments": "drop"}, "bad_segments must be 'error' or 'keep', but got 'drop'"),
        ({"feature_stride": None}, r"must both be numbers or both None, but got None and 1"),
        (
            {"file_ext": ".doc"},
            r"file_ext must end in .npy, .*.slp, or as a video does, but got '.doc'",
        ),
        ({"feature_stride": 0}, "feature_stride must be > 0, but got 0"),
        ({"fps": -1}, "fps must be > 0"),
        ({"features": []}, "features must name at least one folder"),
        ({"classes": ["run", "run"]}, "classes must be different names"),
        ({"metainfo": {"classes": ["run"]}}, "classes must be given as an argument"),
        ({"seed": -1}, "seed must be >= 0"),
        ({"repeat": 0}, "repeat must be >= 1, but got 0"),
    ],
)
def test_refuses_bad_settings(disk, changes: dict, message: str):
    with pytest.raises(ValueError, match=message):
        disk.dataset(**changes)


RANDOM = [
    {"type": "LoadFeatures"},
    {"type": "Truncate", "max_len": 60, "min_overlap": 0.5},
    {"type": "FeatureNoise", "std": 1.0},
    {"type": "ChannelDropout", "prob": 0.3},
    {"type": "PackInputs"},
]


def epochs(dataset: TemporalDataset, numbers: list[int], **loader) -> list[torch.Tensor]:
    loader = DataLoader(dataset, batch_size=None, **loader)
    samples = []
    for epoch in numbers:
        dataset.set_epoch(epoch)
        samples += [sample["inputs"] for sample in loader]
    return samples


def test_augmentation_depends_on_seed_epoch_and_index_alone(disk):
    make = {"pipeline": RANDOM, "subset": ["training", "validation"], "seed": 3}
    expected = epochs(disk.dataset(**make), [0, 1])
    assert len({tensor.numpy().tobytes() for tensor in expected}) == len(expected) == 6
    for loader in (
        {"num_workers": 0},
        {"num_workers": 2},
        {"num_workers": 2, "persistent_workers": True},
    ):
        found = epochs(disk.dataset(**make), [0, 1], **loader)
        assert all(map(torch.equal, found, expected)), loader
    resumed = epochs(disk.dataset(**make), [1], num_workers=1)
    assert all(map(torch.equal, resumed, expected[3:]))
    changed = disk.dataset(**make)
    changed.set_seed(4)
    assert not torch.equal(changed[0]["inputs"], expected[0])
    assert torch.equal(changed[-1]["inputs"], changed[2]["inputs"])


@pytest.mark.slow
def test_repeated_recordings_are_augmented_each_in_its_own_way(disk):
    once, thrice = (disk.dataset(pipeline=RANDOM, repeat=repeat) for repeat in (1, 3))
    assert len(thrice) == 3 * len(once) == len(thrice.num_features_list)
    assert thrice.metainfo == once.metainfo
    again = [thrice[index] for index in (0, len(once), 2 * len(once))]
    assert len({sample["data_samples"].video_id for sample in again}) == 1
    values = {sample["inputs"].sum().item() for sample in again}
    assert len(values) == 3 and once[0]["inputs"].sum().item() in values


def test_spawned_workers_see_the_epoch(disk):
    make = {"pipeline": RANDOM, "seed": 3}
    expected = epochs(disk.dataset(**make), [0, 1])
    loader = {"num_workers": 1, "persistent_workers": True, "multiprocessing_context": "spawn"}
    assert all(map(torch.equal, epochs(disk.dataset(**make), [0, 1], **loader), expected))


def test_long_scans_show_progress(disk, monkeypatch, capsys):
    from mmtal.utils import progress

    disk.dataset()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0)
    disk.dataset()
    assert "checking features: 2/2" in capsys.readouterr().err


def test_metainfo_is_plain_data(disk):
    """It is stored in checkpoints, which are loaded without trusting them."""
    buffer = disk.root / "meta.pt"
    meta = disk.dataset().metainfo
    torch.save(meta, buffer)
    assert torch.load(buffer, weights_only=True) == meta
    assert pickle.dumps(meta)
