"""What the head for events says of which level, learns, and finds."""

import pytest
import torch
from mmengine.structures import InstanceData

from mmtal.models import SpottingHead
from mmtal.structures import FeatureGrid, TemporalDataSample

SETTINGS = dict(
    level_strides=[1, 2],
    num_classes=2,
    loss_cls=dict(type="FocalLoss"),
    loss_reg=dict(type="SmoothL1Loss"),
    score_thr=0.1,
    pre_nms_topk=100,
    nms=dict(method="hard", distance=3.0, min_score=0.1),
    max_per_video=10,
)
LENGTHS = (8, 4)


def make(radius: float = 1.5, levels: tuple[int, ...] = (1,), **settings) -> SpottingHead:
    torch.manual_seed(0)
    assigner = dict(type="RadiusAssigner", radius=radius, levels=levels)
    return SpottingHead(4, assigner=assigner, **SETTINGS | settings)


def masks() -> list[torch.Tensor]:
    return [torch.ones(1, n, dtype=torch.bool) for n in LENGTHS]


def sample(events: list[float], labels: list[int]) -> TemporalDataSample:
    segments = torch.tensor(events).reshape(-1, 1) + torch.tensor([-1.0, 1.0])
    made = TemporalDataSample(metainfo=dict(duration=8.0, grid=FeatureGrid(1, 0, 1)))
    made.gt_instances = InstanceData(segments=segments, labels=torch.tensor(labels).long())
    return made


def test_levels_that_own_nothing_say_no():
    head = make().eval()
    logits, ways = head([torch.randn(1, 4, n) for n in LENGTHS], masks())
    assert [x.shape for x in (*logits, *ways)] == [(1, 2, n) for n in LENGTHS] * 2
    assert (logits[0] == -50).all() and (logits[1] > -50).all() and ways[1].any()


def raw(*events: tuple[int, int, float, float]) -> tuple[list, list]:
    """Raw predictions of level 1: point, class, logit, way."""
    logits = [torch.full((1, 2, n), -50.0) for n in LENGTHS]
    ways = [torch.zeros(1, 2, n) for n in LENGTHS]
    for point, label, logit, way in events:
        logits[1][0, label, point], ways[1][0, label, point] = logit, way
    return logits, ways


def test_events_are_where_their_points_send_them():
    predicted = raw((1, 0, 3, 0.25), (2, 0, 2, -0.75), (2, 1, 1, 0.5))
    [found] = make().eval().predict_by_feat(*predicted, masks(), [sample([], [])])
    # points of level 1 lie 2 apart, ways are in its strides; the second repeats the first
    assert found.segments.tolist() == [[2.5, 2.5], [5.0, 5.0]]
    assert found.labels.tolist() == [0, 1]


def test_right_predictions_cost_nothing_and_each_class_has_its_own_way():
    truth = sample([2.5, 3.0], [0, 1])
    right = raw((1, 0, 50, 0.25), (2, 0, 50, -0.75), (0, 0, 50, 1.25),
                (1, 1, 50, 0.5), (2, 1, 50, -0.5), (0, 1, 50, 1.5), (3, 1, 50, -1.5))  # fmt: skip
    losses = make().loss_by_feat(*right, masks(), [truth])
    assert {name: pytest.approx(0, abs=1e-6) for name in losses} == losses
    right[1][1][0, 0, 1] = 1.25
    assert make().loss_by_feat(*right, masks(), [truth])["loss_reg"] > 0


def test_a_way_leads_no_further_than_targets_do():
    head = make(radius=0.5)
    with torch.no_grad():
        head.reg_conv.bias += 7
    features = [torch.randn(1, 4, n) for n in LENGTHS]
    assert head(features, masks())[1][1].max() > 1, "training learns from what is too far"
    assert head.eval()(features, masks())[1][1].max() == 0.5
    assert head.event_reach == 1.0  # in grid units


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(levels=(0, 2)), r"assigner.levels must be below 2, .* but got \[0, 2\]"),
        (dict(nms=dict(method="hard", tiou_thr=0.5, min_score=0.1)), "nms must have a distance"),
        (dict(offset_bias=1.0), "offset_bias is not of SpottingHead, .* but got 1.*: leave it out"),
        (dict(min_duration=0.05), "min_duration must be None, .* but got 0.05"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        make(**settings)
