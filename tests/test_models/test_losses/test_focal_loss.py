"""Focal loss against its formula in double precision."""

import math

import pytest
import torch

from mmtal.models import FocalLoss


def formula(logits, targets, *, alpha=0.25, gamma=2.0):
    """Lin et al., equation 5, target by target."""
    total = 0.0
    for logit, target in zip(logits.flatten().tolist(), targets.flatten().tolist(), strict=True):
        prob = 1 / (1 + math.exp(-logit))
        cross_entropy = -target * math.log(prob) - (1 - target) * math.log(1 - prob)
        p_t = prob * target + (1 - prob) * (1 - target)
        weight = alpha * target + (1 - alpha) * (1 - target) if alpha >= 0 else 1
        total += weight * (1 - p_t) ** gamma * cross_entropy
    return total


@pytest.mark.parametrize(
    ("logit", "target", "arguments", "expected", "why"),
    [
        (0.0, 1.0, {}, 0.25 * 0.25 * math.log(2), "undecided on a positive"),
        (0.0, 0.0, {}, 0.75 * 0.25 * math.log(2), "undecided on a negative"),
        (0.0, 1.0, dict(alpha=-1.0), 0.25 * math.log(2), "no class weights"),
        (0.0, 1.0, dict(alpha=-1.0, gamma=0.0), math.log(2), "plain cross entropy"),
        (0.0, 1.0, dict(loss_weight=8.0), 0.5 * math.log(2), "weighted"),
        (200.0, 1.0, {}, 0.0, "certain and right"),
        (200.0, 0.0, {}, 0.75 * 200, "certain and wrong: no overflow"),
        (-200.0, 1.0, {}, 0.25 * 200, "certain and wrong: no overflow"),
    ],
)
def test_closed_forms(logit, target, arguments, expected, why):
    loss = FocalLoss(**arguments)(torch.tensor([[logit]]), torch.tensor([[target]]))
    assert loss.item() == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("arguments", [{}, dict(alpha=0.6, gamma=1.5), dict(alpha=-1.0)])
def test_sum_over_points_and_classes(arguments):
    torch.manual_seed(0)
    logits, targets = 3 * torch.randn(7, 4), (torch.rand(7, 4) > 0.7).float()
    loss = FocalLoss(**arguments)(logits, targets)
    assert loss.item() == pytest.approx(formula(logits, targets, **arguments), rel=1e-5)


def test_label_smoothing_shares_e_among_the_classes_and_the_background():
    logits, targets = torch.randn(5, 4), torch.eye(5, 4)
    smooth = FocalLoss(label_smoothing=0.1)(logits, targets)
    assert smooth.item() == pytest.approx(formula(logits, targets * 0.9 + 0.1 / 5), rel=1e-5)
    assert targets.max() == 1  # those of the caller stay as they are


def test_no_points_give_zero_and_a_gradient():
    logits = torch.zeros(0, 4, requires_grad=True)
    loss = FocalLoss()(logits, torch.zeros(0, 4))
    loss.backward()
    assert loss.item() == 0


@pytest.mark.parametrize("logit", [0.0, 30.0, -30.0, 1e4, -1e4])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_gradients_are_finite(logit, target):
    logits = torch.tensor([[logit]], requires_grad=True)
    FocalLoss(label_smoothing=0.1)(logits, torch.tensor([[target]])).backward()
    assert logits.grad.isfinite().all()


def test_half_precision_logits_are_summed_in_single_precision():
    loss = FocalLoss()(torch.full((4000, 20), 3.0).half(), torch.zeros(4000, 20))
    assert loss.dtype == torch.float32
    assert loss.item() > 65504  # more than half precision can hold


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.0])
def test_wrong_label_smoothing(label_smoothing):
    with pytest.raises(ValueError, match="label_smoothing must be in"):
        FocalLoss(label_smoothing=label_smoothing)


def test_summands_have_no_weight_of_the_loss():
    logits, targets = torch.tensor([[0.3, -1.0], [0.2, 0.1]]), torch.tensor([[1.0, 0], [0, 0]])
    loss = FocalLoss(label_smoothing=0.1, loss_weight=3.0)
    summands = loss.elementwise(logits, targets)
    assert summands.shape == (2, 2)
    assert loss(logits, targets).item() == pytest.approx(3 * summands.sum().item())
