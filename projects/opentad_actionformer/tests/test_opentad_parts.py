"""What OpenTAD does otherwise than the official release."""

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from opentad_golden import opentad_golden
from torch import nn

from mmtal.datasets import FeatureArray, Truncate
from mmtal.models import CenterAssigner, PointGenerator
from mmtal.models.layers import ConvEmbedding, ConvTower
from mmtal.registry import MODELS
from mmtal.structures import FeatureGrid
from projects.opentad_actionformer.opentad_actionformer import (
    AllInstancesAssigner,
    OpenTADResize,
    OpenTADTruncate,
)
from projects.opentad_actionformer.opentad_actionformer.network import (
    OpenTADEmbedding,
    OpenTADTower,
)


@pytest.mark.parametrize(
    ("kind", "sizes", "left"),
    [
        (ConvTower, dict(num_convs=1), 0.5),
        (ConvEmbedding, dict(num_layers=1), 0.5),
        (OpenTADTower, dict(num_convs=1), 0),
        (OpenTADEmbedding, dict(num_layers=1), 0),
    ],
)
def test_the_padding_holds_the_norms_bias_or_nothing(kind: type, sizes: dict, left: float) -> None:
    torch.manual_seed(0)
    x, mask = torch.randn(2, 4, 9), torch.arange(9)[None] < torch.tensor([[5], [9]])
    tower = kind(4, channels=6, **sizes)
    [norm] = tower.norms
    assert norm.eps == (1e-5 if left else 1e-6)
    nn.init.constant_(norm.bias, 0.5)
    assert (tower(x, mask)[0, :, 5:] == left).all()


def test_only_the_positions_near_the_padding_tell_the_difference() -> None:
    torch.manual_seed(0)
    tower, plain = OpenTADTower(4, 6, num_convs=2), ConvTower(4, 6, num_convs=2)
    nn.init.constant_(tower.norms[0].bias, 0.5)
    plain.load_state_dict(tower.state_dict())
    for norm in plain.norms:
        norm.eps = tower.norm_eps
    x, mask = torch.randn(1, 4, 9), torch.arange(9)[None] < 5
    changed = (plain(x, mask) - tower(x, mask)).abs().amax(1)[0] > 1e-6
    assert changed[:5].tolist() == [False, False, False, False, True]


def test_top_k_counts_all_levels_together() -> None:
    with torch.device("meta"):
        head = MODELS.build(opentad_golden("anet_tsp").config.model).head
    pool = InstanceData(
        segments=torch.zeros(4, 2),
        scores=torch.tensor([0.9, 0.8, 0.7, 0.6]),
        labels=torch.arange(4),
        levels=torch.tensor([0, 0, 1, 1]),
    )
    for number, kept in ((1, [0]), (3, [0, 1, 2]), (9, [0, 1, 2, 3])):
        head.pre_nms_topk = number
        assert head.best_candidates(pool).labels.tolist() == kept


@pytest.mark.parametrize(
    ("assigner", "ranges", "classes"),
    [
        (CenterAssigner, [(0, 10000)], [(12, 1)]),
        (AllInstancesAssigner, [(0, 10000)], [(12, 0), (12, 1)]),
        (AllInstancesAssigner, [(8, 16)], [(12, 0)]),  # but not what is another level's
    ],
)
def test_a_point_learns_all_that_it_may_predict(assigner: type, ranges, classes) -> None:
    segments, labels = torch.tensor([[2.0, 22.0], [10.0, 14.0]]), torch.tensor([0, 1])
    targets, _ = assigner(ranges, center_radius=0.5)(PointGenerator([1])([24]), segments, labels, 2)
    assert [tuple(pair) for pair in targets.nonzero().tolist()] == classes


def results(num_features: int, segments: list, duration: float = 40.0) -> dict:
    values = np.random.default_rng(0).normal(size=(num_features, 3)).astype(np.float32)
    return dict(
        video_id="a",
        feats=FeatureArray((values,)),
        grid=FeatureGrid(feature_stride=4, snippet_frames=4, fps=8),
        segments=np.array(segments, np.float32).reshape(-1, 2),
        labels=np.arange(len(segments)),
        duration=duration,
        rng=np.random.default_rng(0),
    )


@pytest.mark.parametrize(("kind", "end"), [(Truncate, 10.5), (OpenTADTruncate, 10)])
def test_a_window_has_no_margin(kind: type, end: float) -> None:
    found = kind(10, min_overlap=0.01)(results(100, [[0, 100]]))
    expected = found["grid"].to_seconds(np.array([10 - end, end]))
    np.testing.assert_allclose(found["segments"][0], expected, rtol=1e-6)


@pytest.mark.parametrize("num_features", [1, 5, 8, 9, 30])
def test_a_new_feature_is_the_mean_of_those_in_its_place(num_features: int) -> None:
    given = results(num_features, [])
    old = given["feats"].read()
    new = OpenTADResize(8)(given)["feats"].read()
    share, samples = num_features / 8, -(-num_features // 8)
    for index, row in enumerate(new):
        at = (index + (np.arange(samples) + 0.5) / samples) * share - 0.5
        columns = [np.interp(at, np.arange(num_features), column) for column in old.T]
        np.testing.assert_allclose(row, np.mean(columns, axis=1), rtol=1e-5)


def test_new_features_divide_the_duration() -> None:
    found = OpenTADResize(8, min_overlap=1e-6)(results(30, [[2, 5], [-1, 99]]))
    assert found["grid"].to_seconds(np.arange(9.0)).tolist() == [5.0 * i for i in range(9)]
    np.testing.assert_array_equal(found["segments"], [[2, 5], [-1, 40]])
