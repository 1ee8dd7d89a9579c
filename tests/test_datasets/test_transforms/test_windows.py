"""Training by sliding windows, equal to OpenTAD's (figures: tests/data/opentad_windows.json)."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmtal.datasets import FeatureArray, Normalize, TrainingWindows
from mmtal.datasets.feature_statistics import feature_statistics
from mmtal.structures import FeatureGrid

GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "opentad_windows.json").read_text())
PIPELINE = [
    {"type": "LoadFeatures"},
    {"type": "TrainingWindows", "max_len": 40, "step": 20, "min_overlap": 0.75},
    {"type": "PackInputs"},
]


def opentad_recording(name: str, offset_frames: int) -> dict:
    """A recording of the made-up annotation: a feature every four frames, times in whole frames."""
    entry = GOLDEN["annotation"][name]
    frames, fps = entry["frame"], entry["frame"] / entry["duration"]
    instances = {  # each once
        (*(int(t / entry["duration"] * frames) / fps for t in i["segment"]), i["label"]): None
        for i in entry["annotations"]
        if i["label"] != "Ambiguous"
    }
    return dict(
        grid=FeatureGrid(4, snippet_frames=2 * offset_frames, fps=fps),
        feats=FeatureArray((np.zeros((-(-frames // 4), 1), np.float32),)),
        segments=np.array([instance[:2] for instance in instances]),
        labels=np.array(["abc".index(instance[2]) + 1 for instance in instances]),
    )


@pytest.mark.parametrize("key", ["windows_val_overlap_0_25", "windows_bmn_train_128"])
def test_windows_and_instances_are_opentads(key: str) -> None:
    args, expected = GOLDEN[key]["args"], GOLDEN[key]["windows"]
    size = args["window_size"]
    cut = TrainingWindows(
        size,
        step=int(size * (1 - args["window_overlap_ratio"])),
        min_overlap=args.get("ioa_thresh", 0.75),
    )
    found = []
    for name in GOLDEN["annotation"]:
        recording = opentad_recording(name, args.get("offset_frames", 0))
        for start in cut.starts(len(recording["feats"])):
            part = cut(dict(recording, window=start))
            if len(part["labels"]):
                segments = part["grid"].to_grid(part["segments"])
                end = start + len(part["feats"]) - 1
                found.append((name, start, end, segments, part["labels"].tolist()))
    assert len(found) == len(expected)
    for (*window, segments, labels), theirs in zip(found, expected, strict=True):
        assert window == [theirs["video"], theirs["start"], theirs["end"]]
        assert labels == theirs["gt_labels"]
        np.testing.assert_allclose(segments, theirs["gt_segments"], atol=1e-6)


def test_opentads_windows_for_testing_start_alike() -> None:
    expected = GOLDEN["windows_test_overlap_0_5"]["windows"]
    cut = TrainingWindows(768, step=384, min_overlap=0.75)
    for name in GOLDEN["annotation"]:
        starts = cut.starts(len(opentad_recording(name, 0)["feats"]))
        assert starts == [window["start"] for window in expected if window["video"] == name]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (1, [0]),
        (127, [0]),
        (128, [0, 0]),  # as OpenTAD: the second window is moved back to the start
        (129, [0, 1]),
        (191, [0]),  # 191 // 96 = 1: what is after the first window is in none
        (192, [0, 64]),
        (300, [0, 96, 172]),
    ],
)
def test_starts(length: int, expected: list[int]) -> None:
    step = 64 if length in (128, 129) else 96
    assert TrainingWindows(128, step=step, min_overlap=0.5).starts(length) == expected


def test_an_instance_exactly_at_the_threshold_is_not_in(make_results) -> None:
    cut = TrainingWindows(5, step=5, min_overlap=0.75)  # reaches to second 4
    kept = cut.keep(make_results(20, [[1, 5], [1, 4.9], [3, 3], [4, 8]]), 0)[1]
    assert kept.tolist() == [False, True, False, False]


class TestDataset:
    def test_every_window_that_keeps_an_instance_comes(self, disk) -> None:
        dataset = disk.dataset(pipeline=PIPELINE)
        found = [
            (sample.video_id, sample.grid.start, sample.gt_instances.labels.tolist())
            for sample in (dataset[i]["data_samples"] for i in range(len(dataset)))
        ]
        # run is 10 to 40, jump 60 to 80; the fifth of 100 // 20 windows is moved back to 60
        expected = [(0, [0]), (40, [1]), (60, [1]), (60, [1])]
        assert found == [(name, *window) for name in "ab" for window in expected]
        assert {len(dataset[i]["inputs"]) for i in range(len(dataset))} == {40}
        assert dataset.metainfo["video_ids"] == ["a", "b"]

    def test_windows_are_of_what_comes_before(self, disk) -> None:
        """Of 50 features: every second; the mean and deviation are not known yet."""
        steps = [dict(type="TemporalStride", factor=2), dict(type="Normalize", over="training")]
        cut = dict(PIPELINE[1], max_len=20, step=10)
        dataset = disk.dataset(pipeline=[PIPELINE[0], *steps, cut, PIPELINE[2]])
        dataset.pipeline.transforms[2].set_statistics(mean=[0] * 3, std=[1] * 3)
        starts = [dataset[i]["data_samples"].grid.start for i in range(len(dataset))]
        assert starts == [0, 20, 30, 30] * 2 and len(dataset[0]["inputs"]) == 20

    def test_repeat_and_statistics(self, disk) -> None:
        disk.put("a", np.arange(300, dtype=np.float32).reshape(100, 3))
        plain, windows = disk.dataset(), disk.dataset(pipeline=PIPELINE, repeat=2)
        assert len(windows) == 2 * len(disk.dataset(pipeline=PIPELINE))
        steps = [plain.pipeline.transforms[0], Normalize(over="training")]
        expected = feature_statistics(plain, steps)
        assert feature_statistics(windows, steps)["mean"] == pytest.approx(expected["mean"])

    def test_no_window_keeps_anything(self, disk) -> None:
        pipeline = [PIPELINE[0], dict(PIPELINE[1], max_len=10, step=10), PIPELINE[2]]
        with pytest.raises(ValueError, match="windows of 10 features must keep instances, but"):
            disk.dataset(pipeline=pipeline)

    def test_not_in_testing(self, disk) -> None:
        with pytest.raises(ValueError, match="must be in the pipeline of a TemporalDataset for tr"):
            disk.dataset(pipeline=PIPELINE, test_mode=True)[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(step=0), r"step must be in \[1, max_len=8\], but got 0"),
        (dict(step=9), r"step must be in \[1, max_len=8\], but got 9"),
        (dict(min_overlap=1), r"min_overlap must be in \(0, 1\), but got 1"),
    ],
)
def test_arguments(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingWindows(8, **{**dict(step=4, min_overlap=0.5), **change})
