"""Targets, losses and runs of the segmentation head."""

import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData

from mmtal.engine.hooks.setup_check_hook import check_truth
from mmtal.models import SegmentationHead
from mmtal.registry import DATASETS
from mmtal.structures import FeatureGrid, TemporalDataSample
from tests.tiny import CLASSES, make_dataset, write_config

GRID = FeatureGrid(feature_stride=1, snippet_frames=1, fps=2)


def make_sample(segments, labels, *, grid=GRID, duration=5.0):
    sample = TemporalDataSample(metainfo=dict(video_id="rec", duration=duration, grid=grid))
    sample.gt_instances = InstanceData(
        segments=torch.tensor(segments, dtype=torch.float32).reshape(-1, 2),
        labels=torch.tensor(labels, dtype=torch.int64),
    )
    return sample


def make_head(**fields):
    return SegmentationHead(4, **{**dict(level_strides=[1, 2], num_classes=2), **fields})


@pytest.mark.parametrize(
    ("fields", "segments", "labels", "expected"),
    [
        ({}, [[0, 1], [1, 2]], [0, 1], [0, 0, 1, 1, 2, 2, 2, 2, 2, 2]),
        (dict(background=False), [[0, 1], [1, 2]], [0, 1], [0, 0, 1, 1, *[-100] * 6]),
        ({}, [], [], [2] * 10),
        (dict(num_classes=1), [[0, 1.5], [1, 2]], [4, 7], [0, 0, 0, 0, *[1] * 6]),
        # by its middle: 0.25 s, 0.75 s, ...
        ({}, [[0.26, 1.24]], [1], [2, 1, *[2] * 8]),
        # what overlaps by no more than a position
        ({}, [[0, 1.5], [1, 2]], [0, 1], [0, 0, 1, 1, *[2] * 6]),
        ({}, [[0, 9]], [1], [1] * 10),
    ],
)
def test_targets(fields, segments, labels, expected):
    assert make_head(**fields).targets(10, make_sample(segments, labels)).tolist() == expected


def test_targets_of_a_coarser_level():
    head = make_head(level_strides=[2, 4])
    grid = FeatureGrid(feature_stride=1, snippet_frames=0, fps=1)
    sample = make_sample([[0, 3.5], [3.5, 8]], [1, 0], grid=grid)
    assert head.targets(5, sample).tolist() == [1, 1, 0, 0, 2]


def test_overlapping_instances_are_refused():
    message = (
        r"must not overlap for a SegmentationHead.*'rec' has class 0 in \[0, 2\] s and class 1 in "
        r"\[1, 3\] s: shorten or remove one"
    )
    with pytest.raises(ValueError, match=message):
        make_head().targets(10, make_sample([[0, 2], [1, 3]], [0, 1]))
    make_head().targets(10, make_sample([[0, 2], [1, 3]], [1, 1]))


def test_overlapping_instances_are_refused_before_training(tmp_path):
    folder = make_dataset(tmp_path / "data")
    config = Config.fromfile(write_config(tmp_path / "config.py", folder)).train_dataloader.dataset
    head = make_head(num_classes=3)
    check_truth(head, DATASETS.build(config))
    content = json.loads((folder / "annotations.json").read_text())
    one, other = content["database"]["rec_3"]["annotations"][:2]
    one.update(label=CLASSES[0], label_id=0)
    other.update(label=CLASSES[1], label_id=1)
    one["segment"][1] = other["segment"][1]
    (folder / "annotations.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=rf"'rec_3' has {CLASSES[0]} in .* and {CLASSES[1]} in"):
        check_truth(head, DATASETS.build(config))


def test_loss_is_that_of_the_valid_positions():
    head = make_head(smoothing=0.5, smoothing_limit=2.0)
    generator = torch.Generator().manual_seed(0)
    logits = 5 * torch.randn(1, 3, 10, generator=generator)
    sample = make_sample([[0, 1], [2, 5]], [0, 1])
    chance = logits.log_softmax(1)[0].T
    expected = -chance[range(10), head.targets(10, sample)].mean()
    rough = 0.5 * (chance[1:] - chance[:-1]).square().clamp(max=4).mean()
    padded = torch.cat([logits, 100 * torch.randn(1, 3, 4, generator=generator)], dim=2)
    mask = torch.arange(14)[None] < 10
    for stages in (1, 3):
        losses = head.loss_by_feat(*[[padded]] * stages, [mask, mask[:, ::2]], [sample])
        torch.testing.assert_close(losses["loss_cls"], stages * expected)
        torch.testing.assert_close(losses["loss_smooth"], stages * rough)


def test_nothing_labeled_is_no_loss():
    head = make_head(background=False)
    logits = torch.zeros(1, 2, 10, requires_grad=True)
    mask = torch.ones(1, 10, dtype=torch.bool)
    losses = head.loss_by_feat([logits], [mask], [make_sample([], [])])
    sum(losses.values()).backward()
    assert losses["loss_cls"] == 0 and logits.grad.isfinite().all()


def test_runs_are_the_detections():
    labels = [2, 2, 0, 0, 0, 1, 2, 1, 1, 1]
    chance = [0.9] * 2 + [0.5, 0.6, 0.7] + [0.8] * 5
    probability = torch.full((10, 3), 0.0)
    for row, (label, value) in enumerate(zip(labels, chance, strict=True)):
        probability[row] = (1 - value) / 2
        probability[row, label] = value
    logits = torch.cat([probability.log().T, torch.full((3, 6), 9.0)], dim=1)[None]
    mask = torch.arange(16)[None] < 10
    [found] = make_head().predict_by_feat([logits], [mask], [make_sample([], [], duration=5.2)])
    order = found.segments[:, 0].argsort()
    assert found.segments[order].tolist() == [[1, 2.5], [2.5, 3], [3.5, pytest.approx(5.2)]]
    assert found.labels[order].tolist() == [0, 1, 1]
    assert found.scores[order].tolist() == pytest.approx([0.6, 0.8, 0.8])
    assert np.all(np.diff(found.scores.numpy()) <= 0)


def test_nothing_but_background():
    logits = torch.tensor([0.0, 0, 1])[None, :, None].expand(1, 3, 10)
    mask = torch.ones(1, 10, dtype=torch.bool)
    [found] = make_head().predict_by_feat([logits], [mask], [make_sample([], [])])
    assert found.segments.shape == (0, 2) and len(found.scores) == len(found.labels) == 0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (dict(num_classes=0), "num_classes must be >= 1, but got 0"),
        (dict(num_classes=1, background=False), "num_classes must be >= 2, but got 1"),
        (dict(smoothing=-1), "smoothing must be >= 0, but got -1"),
        (dict(smoothing_limit=float("nan")), "smoothing_limit must be >= 0, but got nan"),
    ],
)
def test_bad_arguments(fields, message):
    with pytest.raises(ValueError, match=message):
        make_head(**fields)
