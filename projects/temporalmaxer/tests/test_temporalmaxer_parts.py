"""The project's parts, one by one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData

from mmtal.datasets import FeatureArray
from mmtal.inference.windowing import reach_of
from mmtal.models import CenterAssigner, FocalLoss
from mmtal.models.task_modules import PointGenerator
from mmtal.registry import MODELS
from mmtal.structures import FeatureGrid, TemporalDataSample
from projects.temporalmaxer.temporalmaxer import (
    CheapestAssigner,
    FirstChannels,
    MaxPoolPyramid,
    SharedNormNeck,
)
from projects.temporalmaxer.temporalmaxer.cheapest_assigner import class_cost

PROJECT = Path(__file__).resolve().parents[1]
RANGES = [(0, 4), (4, 8), (8, 10000)]
STRIDES = [1, 2, 4]
POINTS = PointGenerator(STRIDES)([16, 8, 4])


def tiny_model(norm: str = "layer", *, num_classes: int = 3) -> torch.nn.Module:
    """Three levels, 5 channels in."""
    config = Config.fromfile(PROJECT / "configs" / "gtea_cnn.py").model
    config.backbone.update(
        in_channels=5,
        embed_channels=16,
        max_seq_len=32,
        depths=(2, 2),
        full_padding=norm == "group",
    )
    config.neck.norm = norm
    config.head.num_classes = num_classes
    config.head.assigner.regression_ranges = RANGES
    torch.manual_seed(0)
    return MODELS.build(config)


def batch_of(*lengths: int, segments: list[list[float]], label: int = 0) -> dict:
    samples = []
    for length in lengths:
        grid = FeatureGrid(feature_stride=1, snippet_frames=0, fps=1)
        sample = TemporalDataSample(
            metainfo=dict(video_id="a", duration=float(length), grid=grid, num_features=length)
        )
        sample.gt_instances = InstanceData(
            segments=torch.tensor(segments).reshape(-1, 2),
            labels=torch.full((len(segments),), label),
        )
        samples.append(sample)
    generator = torch.Generator().manual_seed(1)
    features = [torch.randn(length, 5, generator=generator) for length in lengths]
    return dict(inputs=features, data_samples=samples)


# ---------------------------------------------------------------- backbone and neck


def test_each_level_is_the_maximum_around_its_points():
    backbone = MaxPoolPyramid(5, embed_channels=8, max_seq_len=32, depths=(1, 2))
    x, mask = torch.randn(2, 5, 16), torch.arange(16)[None] < torch.tensor([[16], [9]])
    features, masks = backbone(x, mask)
    assert [f.shape for f in features] == [(2, 8, 16), (2, 8, 8), (2, 8, 4)]
    assert masks[1].sum(1).tolist() == [8, 5]
    for level in (1, 2):
        torch.testing.assert_close(
            features[level][0, :, 1], features[level - 1][0, :, 1:4].amax(-1)
        )
        assert (features[level][1][:, ~masks[level][1]] == 0).all()
    assert sum(p.numel() for p in backbone.parameters()) == 8 * 5 * 3 + 2 * 8


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_a_recording_is_predicted_alike_alone_and_in_a_batch(norm):
    model = tiny_model(norm).eval()
    lengths = (7, 32, 45, 1)
    together = model.test_step(batch_of(*lengths, segments=[]))
    features = batch_of(*lengths, segments=[])["inputs"]
    for found, values in zip(together, features, strict=True):
        alone = batch_of(len(values), segments=[])
        alone["inputs"] = [values]
        (expected,) = model.test_step(alone)
        found, expected = found.pred_instances, expected.pred_instances
        assert len(found) == len(expected) > 0
        torch.testing.assert_close(found.scores, expected.scores)


def test_group_norm_needs_the_whole_padding_and_layer_norm_does_not():
    assert tiny_model("group").padding.padded_length(7) == 32
    assert tiny_model("layer").padding.padded_length(7) == 12
    assert tiny_model("group").padding.padded_length(33) == 36


def test_all_levels_share_one_norm():
    neck = SharedNormNeck(8, num_levels=3)
    assert [p.shape for p in neck.parameters()] == [(8,), (8,)]
    assert len(neck.state_dict()) == 6, "the names of the release's checkpoints"
    assert not list(SharedNormNeck(8, num_levels=3, norm="group").parameters())


@pytest.mark.parametrize(
    ("channels", "norm", "message"),
    [(8, "batch", "norm must be 'layer' or 'group'"), (6, "group", "that 4 divides, but got 6")],
)
def test_norms_that_cannot_be_are_refused(channels, norm, message):
    with pytest.raises(ValueError, match=message):
        SharedNormNeck(channels, num_levels=2, norm=norm)


@pytest.mark.parametrize("seed", range(4))
def test_windows_know_how_far_max_pooling_sees(seed):
    """Whatever the weights are, though the gradient of a maximum reaches its winner alone."""
    torch.manual_seed(seed)
    reach = reach_of(Config.fromfile(PROJECT / "configs" / "salads50_cnn.py").model)
    expected = tuple(2 + (s - 1) + 3 * s for s in reach.level_strides)
    assert reach.left == reach.right == expected


# ---------------------------------------------------------------- assigner


def assign(segments, labels, *, logits=None, offsets=None, **kwargs):
    P = len(POINTS.positions)
    return CheapestAssigner(RANGES, **kwargs)(
        POINTS,
        torch.tensor(segments, dtype=torch.float32).reshape(-1, 2),
        torch.tensor(labels, dtype=torch.int64),
        3,
        logits=torch.zeros(P, 3) if logits is None else logits,
        offsets=torch.ones(P, 2) if offsets is None else offsets,
    )


LONG, SHORT = [0.0, 15.0], [4.0, 7.0]
AT_6 = 6  # the finest level's point at 6, which both hold; its positive instance is SHORT


@pytest.mark.parametrize(
    ("predicted", "logit", "expected", "why"),
    [
        ((2.0, 1.0), 0.0, (2.0, 1.0), "it predicts the short one already"),
        ((6.0, 9.0), 0.0, (6.0, 9.0), "it predicts the long one, though the short one owns it"),
        ((6.0, 9.0), 9.0, (2.0, 1.0), "it is sure of the short one's class"),
        ((0.0, 0.0), 0.0, (6.0, 9.0), "for its length, the long one's center is nearer"),
    ],
)
def test_the_cheapest_instance_gives_the_boundaries(predicted, logit, expected, why):
    logits, offsets = torch.zeros(28, 3), torch.ones(28, 2)
    offsets[AT_6] = torch.tensor(predicted)
    logits[AT_6, 1] = logit
    classes, targets = assign([LONG, SHORT], [0, 1], logits=logits, offsets=offsets)
    assert classes[AT_6].tolist() == [0, 1, 0]
    assert targets[AT_6].tolist() == list(expected), why


def test_an_instance_that_does_not_hold_the_point_is_never_chosen():
    logits = torch.zeros(28, 3)
    logits[AT_6, 2] = 20.0  # sure of the class of the instance beside it
    _, targets = assign([[10.0, 15.0], SHORT], [2, 1], logits=logits)
    assert targets[AT_6].tolist() == [2.0, 1.0]


def test_classes_are_those_of_the_center_assigner():
    segments = torch.tensor([LONG, SHORT, [4.0, 7.0], [0.0, 3.0], [8.0, 8.0]])
    labels = torch.tensor([0, 1, 2, 1, 0])
    expected, _ = CenterAssigner(RANGES)(POINTS, segments, labels, 3)
    classes, targets = assign(segments.tolist(), labels.tolist())
    torch.testing.assert_close(classes, expected, rtol=0, atol=0)
    assert classes.any(-1).sum() >= 5
    assert (targets[classes.any(-1)] >= 0).all(), "an instance that holds the point"


def test_no_instances_give_no_positives():
    classes, targets = assign([], [])
    assert classes.shape == (28, 3) and not classes.any()
    assert targets.shape == (28, 2)


@pytest.mark.parametrize("name", ["cls_weight", "reg_weight"])
def test_negative_weights_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be >= 0, but got -1"):
        CheapestAssigner(RANGES, **{name: -1})


def test_the_class_cost_is_the_loss():
    torch.manual_seed(0)
    logits, labels = 3 * torch.randn(4, 3), torch.tensor([2, 0])
    loss = torch.tensor(
        [
            [FocalLoss()(x[None], torch.eye(3)[label][None]).item() for label in labels]
            for x in logits
        ]
    )
    cost = class_cost(logits, labels)
    torch.testing.assert_close(cost[:, 0] - cost[:, 1], loss[:, 0] - loss[:, 1])


# ---------------------------------------------------------------- head


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        ([[2.0, 9.0], [2.0, 9.0]], "the usual case, with a duplicate"),
        ([], "nothing happens in the batch"),
        ([[40.0, 50.0]], "an instance in the padding has no points"),
    ],
)
@pytest.mark.parametrize("norm", ["layer", "group"])
def test_every_parameter_learns(norm, segments, why):
    model = tiny_model(norm)
    batch = model.data_preprocessor(batch_of(20, 13, segments=segments), training=True)
    losses = model(**batch, mode="loss")
    assert set(losses) == {"loss_cls", "loss_reg"}
    assert (losses["loss_reg"] > 0) == (why == "the usual case, with a duplicate")
    sum(losses.values()).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters()), why


def test_each_recording_is_assigned_by_its_own_predictions():
    head = tiny_model().head
    samples = batch_of(16, 16, segments=[LONG, SHORT])["data_samples"]
    for sample in samples:
        sample.gt_instances.labels = torch.tensor([0, 1])
    generator = torch.Generator().manual_seed(0)
    logits = 5 * torch.randn(2, 28, 3, generator=generator)
    offsets = 9 * torch.rand(2, 28, 2, generator=generator)
    _, together = head.targets([16, 8, 4], samples, logits=logits, offsets=offsets)
    for i in (0, 1):
        one = slice(i, i + 1)
        _, alone = head.targets([16, 8, 4], samples[one], logits=logits[one], offsets=offsets[one])
        torch.testing.assert_close(together[one], alone, rtol=0, atol=0)
    assert (together[0] != together[1]).any()


def test_a_class_agnostic_head_ignores_labels():
    losses = [
        model(**model.data_preprocessor(batch, training=True), mode="loss")["loss_cls"]
        for model, batch in (
            (tiny_model(num_classes=1), batch_of(20, segments=[[2.0, 9.0]], label=label))
            for label in (0, 2)
        )
    ]
    assert losses[0] == losses[1]


# ---------------------------------------------------------------- transform


def channels(*widths: int) -> dict:
    sources = tuple(np.arange(4.0 * w, dtype=np.float32).reshape(4, w) for w in widths)
    return dict(video_id="rec", feats=FeatureArray(sources))


@pytest.mark.parametrize("width", [3, 6])
def test_first_channels_are_kept(width):
    results = channels(width)
    whole = results["feats"].read()
    kept = FirstChannels(3)(results)["feats"]
    assert kept.num_channels == 3
    np.testing.assert_array_equal(kept.read(), whole[:, :3])


@pytest.mark.parametrize("widths", [(2,), (3, 3)], ids=["too few", "two sources"])
def test_other_features_are_refused(widths):
    with pytest.raises(ValueError, match="recording 'rec' must have at least 3 channels in one"):
        FirstChannels(3)(channels(*widths))


def test_no_channels_are_refused():
    with pytest.raises(ValueError, match="num_channels must be >= 1, but got 0"):
        FirstChannels(0)
