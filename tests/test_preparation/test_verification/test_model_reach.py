"""What is said of reach and truncation is what training does."""

import numpy as np
import pytest
import torch

from mmtal.datasets import TemporalDataset, TrainingWindows, Truncate
from mmtal.models.task_modules import CenterAssigner, PointGenerator
from mmtal.preparation.verification.reach import coverage, expected_loss
from mmtal.preparation.verification.settings import ModelSetting
from mmtal.structures import FeatureGrid

RANGES = [(0, 4), (4, 8), (8, 16)]
STRIDES = (1, 2, 4)


def setting(ranges: list = RANGES, radius: float | None = 1.5) -> ModelSetting:
    return ModelSetting(
        level_strides=STRIDES[: len(ranges)],
        assigner=CenterAssigner(ranges, center_radius=radius),
    )


def reach(segments: list, model: ModelSetting, length: int = 64) -> tuple[list, list]:
    points = PointGenerator(model.level_strides)([length // s for s in model.level_strides])
    eligible, owned = coverage(points, torch.tensor(segments, dtype=torch.float32), model)
    return eligible.tolist(), owned.any(axis=0).tolist()


@pytest.mark.parametrize(
    ("segment", "reached"),
    [
        ([10.0, 14.0], True),
        ([10.2, 10.8], False),  # between two points
        ([9.8, 10.2], True),  # around one
        ([0.0, 31.0], True),  # the longer distance is 15.5: the last range
        ([0.0, 40.0], False),  # longer than all ranges
        ([70.0, 75.0], False),  # behind the last point
        ([-3.0, 1.0], True),
    ],
)
def test_reach_of_one_instance(segment: list, reached: bool):
    assert reach([segment], setting()) == ([reached], [reached])


def test_what_shorter_instances_take():
    """A shorter instance with the same center owns all points near it."""
    both = [[20.0, 23.0], [19.5, 23.5]]
    model = setting([(0, 4)], radius=0.6)
    assert reach(both, model) == ([True, True], [True, False])
    assert reach([both[1]], model) == ([True], [True])


def test_in_pieces_as_in_one(monkeypatch: pytest.MonkeyPatch):
    random = np.random.default_rng(0)
    starts = random.uniform(0, 60, 40)
    segments = np.stack([starts, starts + random.uniform(0.1, 30, 40)], axis=1).tolist()
    whole = reach(segments, setting())
    monkeypatch.setattr("mmtal.preparation.verification.reach.CELLS", 130)
    assert reach(segments, setting()) == whole
    assert 0 < sum(whole[1]) < sum(whole[0]) < 40


def test_coverage_is_what_the_targets_say():
    """An instance has a class target of its own exactly if it is owned."""
    random = np.random.default_rng(1)
    starts = random.uniform(0, 60, 20)
    segments = np.stack([starts, starts + random.uniform(0.1, 30, 20)], axis=1)
    model, tensor = setting(), torch.from_numpy(segments).float()
    points = PointGenerator(STRIDES)([64, 32, 16])
    targets, _ = model.assigner(points, tensor, torch.arange(20), 20)
    eligible, owned = coverage(points, tensor, model)
    np.testing.assert_array_equal(owned.any(axis=0), targets.any(dim=0).numpy())
    for number, alone in enumerate(tensor):
        target, _ = model.assigner(points, alone[None], torch.zeros(1, dtype=torch.int64), 1)
        assert bool(target.any()) == eligible[number]


def test_expected_loss():
    """100 features, windows of 50: an instance in the middle is nearly always kept."""
    grid = FeatureGrid(feature_stride=1, snippet_frames=0, fps=1)
    truncate = Truncate(50, min_overlap=0.5, crop_ratio=None)
    middle = np.array([[49.0, 51.0]], np.float32)
    assert expected_loss(truncate, grid, 100, middle, 200)[0] == 0
    apart = np.array([[1.0, 3.0], [97.0, 99.0]], np.float32)  # never both
    assert expected_loss(truncate, grid, 100, apart, 200)[0] == 1
    long = np.array([[0.0, 100.0]], np.float32)  # always half of it
    assert expected_loss(truncate, grid, 100, long, 200) == (0, 1)
    windows = TrainingWindows(10, step=5, min_overlap=0.6)  # all of which are trained on
    for segment, loss in (([50, 52], (0, 0)), ([48, 58], (0, 1)), ([10, 40], (1, 0))):
        assert expected_loss(windows, grid, 100, np.array([segment]), 200) == loss


def test_loss_is_that_of_the_dataset(own):
    """The share that is reported is what the training pipeline drops in many epochs."""
    for name in ("r0", "r1", "r2", "r3"):
        own.database[name]["annotations"] = [
            {"label": "run", "label_id": 0, "segment": [float(t), t + 2.0]} for t in range(0, 28, 3)
        ]
    report = own.verify(max_seq_len=32, min_overlap=0.5)
    found = report.statistics["splits"]["training"]["truncation"]
    dataset = TemporalDataset(
        str(own.write()),
        features=str(own.features),
        subset="training",
        feature_stride=2,
        snippet_frames=2,
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="Truncate", max_len=32, min_overlap=0.5),
            dict(type="PackInputs"),
        ],
    )
    kept = 0
    for epoch in range(50):
        dataset.set_epoch(epoch)
        kept += sum(len(dataset[i]["data_samples"].gt_instances) for i in range(4))
    assert found["dropped_share"] == pytest.approx(1 - kept / (50 * 40), abs=0.05)
    assert found["recordings"] == 4


def test_lengths_and_reach_in_the_report(own):
    own.database["r0"]["annotations"][0]["segment"] = [0.0, 29.0]
    report = own.verify(regression_ranges=[(0, 4), (4, 12)], max_seq_len=48)
    split = report.statistics["splits"]["training"]
    assert split["truncation"]["recordings"] == 4
    assert split["truncation"]["longer_than_max"] == 1  # 29 s are 58 features
    assert split["truncation"]["dropped_share"] is None  # no min_overlap was given
    assert (split["reach"]["unreachable"], split["reach"]["instances"]) == (1, 8)
    assert report.counts() == {"instance out of reach": 1}
    assert "instances that no level reaches" in report.format()
