"""Which weights a model takes, and what an error advises."""

import pytest
import torch
from torch import nn

from mmtal.checkpoints.weights import fitting_weights


def model(classes: int = 3) -> nn.Module:
    parts = nn.ModuleDict({name: nn.Linear(2, 2) for name in ("backbone", "neck")})
    parts["head"] = nn.ModuleDict({"cls_conv": nn.Linear(2, classes)})
    return parts


def test_the_advice_for_fine_tuning_works() -> None:
    other = model(5).state_dict()
    with pytest.raises(ValueError, match="2 of the model's 6 weights have another shape") as error:
        fitting_weights(other, model(), source="w.pth", option="may_differ")
    advised = str(error.value).rpartition("may_differ=")[2].split(",")
    assert advised == ["head.cls_conv"]
    taken = fitting_weights(other, model(), source="w.pth", option="x", may_differ=advised)
    assert taken["head.cls_conv.bias"].shape == (3,)
    assert taken["neck.bias"] is other["neck.bias"]


@pytest.mark.parametrize(
    ("weights", "option", "why"),
    [
        (model(5).state_dict(), None, "a test of half a model means nothing"),
        ({"a.b.c": torch.ones(1)}, "may_differ", "another model: nothing would be left"),
    ],
)
def test_no_advice_where_it_would_not_help(weights, option, why) -> None:
    with pytest.raises(ValueError, match=r"Give the config that it was trained with$"):
        fitting_weights(weights, model(), source="w.pth", option=option)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_weights_that_are_not_finite_are_refused(value: float) -> None:
    weights = model().state_dict()
    weights["neck.bias"] = torch.tensor([0.0, value])
    with pytest.raises(ValueError, match=r"NaN or infinity in 1 of 6 weights, .* neck\.bias"):
        fitting_weights(weights, model(), source="w.pth")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("rpn_head.cls_head.bias", "opentad"), ("cls_head.cls_head.bias", "official")],
)
def test_files_of_other_codebases_are_to_be_converted(name: str, kind: str) -> None:
    advice = rf"names are those of '{kind}': mmtal checkpoint convert w.pth --config CONFIG --out"
    with pytest.raises(ValueError, match=advice):
        fitting_weights({name: torch.zeros(3)}, model(), source="w.pth")
