"""Parts of TriDet by themselves."""

import pytest
import torch

from mmtal.models import FocalLoss
from projects.tridet.tests.test_tridet_golden import golden
from projects.tridet.tridet import SGPNet, TIoUFocalLoss
from projects.tridet.tridet.official_checkpoint import load_tridet_state_dict
from projects.tridet.tridet.trident_head import tiou

NET = dict(embed_channels=16, max_seq_len=64, mlp_channels=32, depths=(1, 1, 2))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (dict(embed_channels=24), "multiple of 16"),
        (dict(window=4), "window must be odd"),
        (dict(window=(1, 3)), "one for each of the 3 levels"),
        (dict(window_ratio=0), "window_ratio must be > 0"),
    ],
)
def test_values_that_cannot_be_are_refused(values: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SGPNet(4, **{**NET, **values})


def test_every_level_halves_the_length() -> None:
    net = SGPNet(4, **NET, init_std=0.1).eval()
    mask = torch.arange(64)[None] < 5  # one point is left on the coarsest level
    features, masks = net(torch.randn(1, 4, 64) * mask[:, None], mask)
    assert [x.shape for x in features] == [(1, 16, 64), (1, 16, 32), (1, 16, 16)]
    assert [int(m.sum()) for m in masks] == [5, 3, 2]
    assert all(x.isfinite().all() for x in features)


def test_a_positive_counts_as_its_segment_fits() -> None:
    logits, targets = torch.tensor([[0.3, -1.0], [0.2, 0.1]]), torch.tensor([[1.0, 0], [0, 0]])
    loss, plain = TIoUFocalLoss(tiou_power=0.5), FocalLoss()
    assert loss(logits, targets, torch.ones(1)) == pytest.approx(plain(logits, targets).item())
    perfect, none = (loss(logits, targets, torch.tensor([v])) for v in (1.0, 0.0))
    quarter = loss(logits, targets, torch.tensor([0.25]))
    assert (perfect - quarter) == pytest.approx(0.5 * (perfect - none).item(), rel=1e-3)


def test_tiou_of_segments_that_share_a_point() -> None:
    found = tiou(torch.tensor([[1.0, 1], [0, 0], [2, 2]]), torch.tensor([[1.0, 1], [1, 1], [1, 3]]))
    assert found.tolist() == pytest.approx([1, 0, 3 / 5])


def test_a_checkpoint_of_another_model_is_refused() -> None:
    weights = golden("anet_tsp").official_weights()
    first = next(iter(weights))
    wrong = {name: value for name, value in weights.items() if name != first}
    wrong["nonsense.weight"] = weights[first]
    with pytest.raises(ValueError, match=r"missing: backbone(.|\n)*unknown: nonsense.weight"):
        load_tridet_state_dict(wrong, golden("anet_tsp").config)
