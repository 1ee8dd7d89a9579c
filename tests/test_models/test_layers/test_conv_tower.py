import pytest
import torch
from torch import nn

from mmtal.models.layers import ConvEmbedding, ConvTower, logit


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("kind", "sizes"),
    [(ConvTower, dict(channels=6, num_convs=1)), (ConvEmbedding, dict(channels=6, num_layers=1))],
)
def test_the_padding_holds_the_norms_bias_or_nothing(kind: type, sizes: dict, masked: bool) -> None:
    torch.manual_seed(0)
    x, mask = torch.randn(2, 4, 9), torch.arange(9)[None] < torch.tensor([[5], [9]])
    tower = kind(4, **sizes, norm_eps=1e-6, mask_after_norm=masked)
    [norm] = tower.norms
    assert norm.eps == 1e-6
    nn.init.constant_(norm.bias, 0.5)
    assert (tower(x, mask)[0, :, 5:] == (0 if masked else 0.5)).all()


def test_only_the_positions_near_the_padding_tell_the_difference() -> None:
    torch.manual_seed(0)
    tower = ConvTower(4, 6, num_convs=2)
    nn.init.constant_(tower.norms[0].bias, 0.5)
    x, mask = torch.randn(1, 4, 9), torch.arange(9)[None] < 5
    plain = tower(x, mask)
    tower.mask_after_norm = True
    changed = (plain - tower(x, mask)).abs().amax(1)[0] > 1e-6
    assert changed[:5].tolist() == [False, False, False, False, True]


def test_a_classifier_starts_at_the_prior() -> None:
    assert torch.tensor(logit(0.01)).sigmoid().item() == pytest.approx(0.01)
