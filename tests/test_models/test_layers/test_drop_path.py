import pytest
import torch

from mmtal.models.layers import AffineDropPath


def layer(drop_prob=0.5):
    drop_path = AffineDropPath(3, drop_prob=drop_prob)
    drop_path.scale.data = torch.tensor([1.0, 2.0, -3.0])
    return drop_path


def test_scales_start_at_1e_4():
    torch.testing.assert_close(AffineDropPath(3, drop_prob=0.1).scale.data, torch.full((3,), 1e-4))


@pytest.mark.parametrize(
    ("drop_path", "why"),
    [(layer().eval(), "evaluation drops nothing"), (layer(0).train(), "nothing to drop")],
)
def test_only_scales(drop_path, why):
    x = torch.randn(4, 3, 5)
    torch.testing.assert_close(drop_path(x), x * torch.tensor([1.0, 2.0, -3.0])[:, None])


def test_whole_samples_are_dropped_and_the_mean_stays():
    torch.manual_seed(0)
    x = torch.rand(4000, 3, 2) + 1
    drop_path = layer(0.25).train()
    ratio = drop_path(x) / (x * drop_path.scale[:, None])
    kept = ratio[:, 0, 0] > 0
    torch.testing.assert_close(ratio, kept[:, None, None].expand_as(ratio) / 0.75)
    assert abs(kept.float().mean() - 0.75) < 0.03


def test_half_precision_stays_half_precision():
    assert layer()(torch.randn(2, 3, 4).bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("drop_prob", [-0.1, 1.0])
def test_wrong_probabilities(drop_prob):
    with pytest.raises(ValueError, match=r"drop_prob must be in \[0, 1\), but got"):
        AffineDropPath(3, drop_prob=drop_prob)
