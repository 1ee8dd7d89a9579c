"""tIoU losses against intervals written out."""

import pytest
import torch

from mmtal.models import DIoULoss, GIoULoss

CASES = [
    # offsets, targets, 1 - tIoU, squared center distance over enclosing length, why
    ((1, 2), (1, 2), 0.0, 0.0, "equal"),
    ((1, 1), (2, 2), 0.5, 0.0, "half as long, same center"),
    ((0, 2), (2, 0), 1.0, (2 / 4) ** 2, "back to back: no overlap"),
    ((0, 4), (1, 1), 4 / 5, (2 / 5) ** 2, "[0, 4] and [-1, 1]"),
    ((0, 0), (1, 1), 1.0, 0.0, "a prediction without length"),
    ((0, 0), (0, 2), 1.0, (1 / 2) ** 2, "without length at the end"),
    ((0, 0), (0, 0), 1.0, 0.0, "both without length: no division by zero"),
    ((1e4, 1e4), (1e-3, 1e-3), 1 - 1e-7, 0.0, "far too long"),
]


@pytest.mark.parametrize(("offsets", "targets", "overlap", "distance", "why"), CASES)
@pytest.mark.parametrize("weight", [1.0, 2.5])
def test_closed_forms(offsets, targets, overlap, distance, why, weight):
    pair = [torch.tensor([x], dtype=torch.float32) for x in (offsets, targets)]
    giou, diou = GIoULoss(loss_weight=weight)(*pair), DIoULoss(loss_weight=weight)(*pair)
    assert giou.item() == pytest.approx(weight * overlap, abs=1e-6)
    assert diou.item() == pytest.approx(weight * (overlap + distance), abs=1e-6)


@pytest.mark.parametrize("loss", [GIoULoss(), DIoULoss()])
def test_losses_are_summed_and_differentiable_everywhere(loss):
    offsets, targets = (
        torch.tensor([case[i] for case in CASES], dtype=torch.float32) for i in (0, 1)
    )
    offsets.requires_grad_()
    total = loss(offsets, targets)
    total.backward()
    with torch.no_grad():
        assert total.item() == pytest.approx(
            sum(loss(o[None], t[None]).item() for o, t in zip(offsets, targets, strict=True))
        )
    assert offsets.grad.isfinite().all()
    assert offsets.grad[1].tolist()[0] < 0  # too short: grow


@pytest.mark.parametrize("loss", [GIoULoss(), DIoULoss()])
def test_no_positives_give_zero_and_a_gradient(loss):
    offsets = torch.zeros(0, 2, requires_grad=True)
    total = loss(offsets, torch.zeros(0, 2))
    total.backward()
    assert total.item() == 0


@pytest.mark.parametrize("kind", [GIoULoss, DIoULoss])
def test_summands_of_pairs_by_themselves_or_in_a_table(kind):
    generator = torch.Generator().manual_seed(0)
    offsets, targets = torch.rand(2, 5, 2, generator=generator).unbind()
    offsets[0] = targets[0] = 0
    loss = kind(loss_weight=3.0)
    each = [loss(o[None], t[None]).item() / 3 for o, t in zip(offsets, targets, strict=True)]
    assert loss.elementwise(offsets, targets).tolist() == pytest.approx(each)
    table = loss.elementwise(offsets[:, None], targets)
    assert table.shape == (5, 5) and table.diag().tolist() == pytest.approx(each)
