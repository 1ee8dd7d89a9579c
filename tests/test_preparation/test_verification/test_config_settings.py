"""A config says everything: loaders, pipelines, model."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from mmtal.config_files import find_config
from mmtal.preparation.verification import verify_config
from mmtal.registry import TRANSFORMS


def config(own, *, steps: tuple = (), train: tuple = (), model: dict | None = None, **changes):
    """Train on ``training``, test on ``validation``; the pipeline starts with ``steps``."""
    own.write()
    data = dict(
        type="TemporalDataset",
        data_root=str(own.root),
        ann_file="ann.json",
        features="features",
        feature_stride=2,
        snippet_frames=2,
        **changes,
    )
    load, pack = dict(type="LoadFeatures"), dict(type="PackInputs")
    test = dict(dataset=dict(**data, subset="validation", pipeline=[load, *steps, pack]))
    return dict(
        train_dataloader=dict(
            dataset=dict(**data, subset="training", pipeline=[load, *steps, *train, pack])
        ),
        val_dataloader=test,
        test_dataloader=test,
        model=model or {},
    )


MODEL = dict(
    backbone=dict(
        type="ConvTransformer",
        in_channels=5,
        embed_channels=16,
        max_seq_len=64,
        depths=(1, 1, 2),
        window=3,
    ),
    head=dict(
        num_classes=2,
        assigner=dict(type="CenterAssigner", regression_ranges=[(0, 4), (4, 8), (8, 10000)]),
    ),
)
TRUNCATE = dict(type="Truncate", max_len=64, min_overlap=0.5, crop_ratio=(0.9, 1.0))


def test_sound_data(own):
    report = verify_config(config(own, train=(TRUNCATE,), model=MODEL))
    assert not report.findings and report.notes == []
    found = report.statistics
    assert found["model"]["level_strides"] == [1, 2, 4]
    assert found["model"]["max_seq_len"] == 64
    assert set(found["splits"]) == {"training", "validation"}
    assert found["splits"]["validation"]["recordings"] == 2  # once, in two loaders
    assert found["splits"]["training"]["truncation"]["dropped_share"] == 0
    assert found["splits"]["validation"]["truncation"]["dropped_share"] is None


# steps of the pipeline, channels of the model, length of the sequences
PIPELINES = {
    "window": ((dict(type="SlidingWindow", window_size=4, window_stride=2),), 20, 29),
    "stride": ((dict(type="TemporalStride", factor=3),), 5, 20),
    "resized": ((dict(type="ResizeFeatures", length=32, min_overlap=0.5),), 5, 32),
    "neutral": ((dict(type="Normalize"), dict(type="ChannelDropout", prob=0.1)), 5, 60),
    "both": (
        (
            dict(type="SlidingWindow", window_size=4, window_stride=2),
            dict(type="TemporalStride", factor=2),
        ),
        20,
        15,
    ),
}


@pytest.mark.parametrize("case", PIPELINES)
def test_what_a_pipeline_makes_of_the_grid(own, case: str):
    steps, channels, length = PIPELINES[case]
    model = dict(MODEL, backbone=dict(MODEL["backbone"], in_channels=channels))
    report = verify_config(config(own, steps=steps, train=(TRUNCATE,), model=model))
    assert not report.findings and not report.notes
    assert report.statistics["splits"]["training"]["sequence_lengths"]["max"] == length


def test_too_short_for_the_window(own):
    own.database["r0"].update(duration=4.0, annotations=[])
    own.put("r0", own.array(8, 5))
    step = dict(type="SlidingWindow", window_size=10, window_stride=5)
    report = verify_config(config(own, steps=(step,)))
    assert report.counts() == {"too short for the window": 1}
    assert report.findings[0].recording == "r0" and "8 samples" in report.findings[0].value


def test_model_that_does_not_fit(own):
    model = dict(
        backbone=dict(MODEL["backbone"], in_channels=7), head=dict(MODEL["head"], num_classes=3)
    )
    report = verify_config(config(own, model=model))
    assert set(report.counts()) == {
        "channels do not fit the model",
        "classes do not fit the model",
    }
    head = dict(MODEL["head"], num_classes=1)  # class-agnostic
    assert verify_config(config(own, model=dict(MODEL, head=head))).ok


def test_several_folders(own):
    for n in range(6):
        own.put(f"r{n}", own.array(61, 3), "flow")
    model = dict(MODEL, backbone=dict(MODEL["backbone"], in_channels=[5, 3], embed_channels=[8, 8]))
    cfg = config(own, model=model)
    for loader in ("train", "val", "test"):
        cfg[f"{loader}_dataloader"]["dataset"]["features"] = ["features", "flow"]
    report = verify_config(cfg)
    assert not report.findings and report.statistics["features"]["channels"] == [5, 3]


def test_what_a_config_allows_is_a_warning(own):
    own.database["r0"]["duration"] = 40.0
    (own.features / "r1.npy").unlink()
    report = verify_config(config(own, check_duration=False, allow_missing=True))
    assert report.ok and report.warnings == 2
    assert verify_config(config(own)).errors == 2


def test_trained_on_what_is_tested(own):
    cfg = config(own)
    cfg["val_dataloader"]["dataset"]["subset"] = "Training"
    report = verify_config(cfg)
    (found,) = [f for f in report.findings if f.kind == "recording in two splits"]
    assert "subset 'training'" in found.value and "train" in found.value


@pytest.mark.parametrize(
    ("subset", "kind"),
    [
        ("validation", None),  # what is not used of a file does not matter
        ("training", "recording in two splits"),
    ],
)
def test_two_files(own, subset: str, kind: str | None):
    cfg = config(own)
    other = own.root / "other.json"
    other.write_bytes(own.ann.read_bytes())
    for loader in ("val", "test"):
        cfg[f"{loader}_dataloader"]["dataset"].update(ann_file="other.json", subset=subset)
    counts = verify_config(cfg).counts()
    assert counts == ({} if kind is None else {kind: 4})


def test_wrapped_data_sets(own):
    cfg = config(own)
    inner = cfg["train_dataloader"]["dataset"]
    cfg["train_dataloader"]["dataset"] = dict(
        type="RepeatDataset", times=3, dataset=dict(type="ConcatDataset", datasets=[inner])
    )
    assert set(verify_config(cfg).statistics["splits"]) == {"training", "validation"}


def test_unknown_transforms_are_told(own):
    @TRANSFORMS.register_module()
    class Unheard:
        def __call__(self, results: dict) -> dict:
            return results

    try:
        report = verify_config(config(own, steps=(dict(type="Unheard"),)))
    finally:
        del TRANSFORMS.module_dict["Unheard"]
    assert report.ok and "Unheard" in report.notes[0]


def test_config_without_data():
    with pytest.raises(ValueError, match="data loader with a dataset of type 'TemporalDataset'"):
        verify_config({})


def test_the_demo_is_sound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(Path(__file__).resolve().parents[3])
    report = verify_config(Config.fromfile(find_config("actionformer/demo")))
    assert not report.findings
    assert report.statistics["features"]["channels"] == [3]
    assert report.statistics["splits"]["Training"]["sequence_lengths"]["max"] == 1943


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "folder", "findings"),
    [
        ("sbhar_inertial_small", "sbhar", {}),
        ("salads50_cnn", "salads50", {}),
        ("gtea_cnn", "gtea", {}),
        (
            "sphere",
            "sphere",
            {"shorter than one snippet": 26, "constant channel": 8, "instance out of reach": 7},
        ),
    ],
)
def test_real_data(shared_data, name: str, folder: str, findings: dict):
    cfg = Config.fromfile(find_config(f"actionformer/{name}"))
    for loader in ("train", "val", "test"):
        cfg[f"{loader}_dataloader"].dataset.data_root = str(shared_data(folder))
    report = verify_config(cfg)
    assert report.ok and report.counts() == findings
    assert report.known == 0
    np.testing.assert_equal(report.statistics["splits"]["Training"]["overlap_share"], 0)
