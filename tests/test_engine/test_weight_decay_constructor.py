"""Which parameters are decayed: the release's rule, read from its optimizer (extra_*.json)."""

import pytest
import torch
from extra_golden import MODELS, extra_golden
from golden_models import official_to_mmtal
from torch import nn

from mmtal.engine import WeightDecayConstructor
from mmtal.engine.runner import QuietRunner
from mmtal.models.layers import SelectiveSSM
from mmtal.registry import MODELS as REGISTRY

ADAMW = dict(type="AdamW", lr=1e-3, weight_decay=0.05)


def groups_of(model, **wrapper):
    """Names of decayed and of other parameters, and the optimizer wrapper."""
    wrapper = WeightDecayConstructor(dict(optimizer=ADAMW, **wrapper))(model)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed, others = set(), set()
    for group in wrapper.optimizer.param_groups:
        (decayed if group["weight_decay"] else others).update(names[id(p)] for p in group["params"])
    return decayed, others, wrapper


@pytest.mark.parametrize("name", MODELS)
def test_what_the_release_decays_is_decayed(name):
    model = REGISTRY.build(MODELS[name])
    decayed, others, wrapper = groups_of(model)
    assert decayed == {official_to_mmtal(n) for n in extra_golden(name).meta["decayed"]}
    assert decayed | others == dict(model.named_parameters()).keys()
    assert not decayed & others
    assert [g["weight_decay"] for g in wrapper.optimizer.param_groups] == [0.05, 0.0]
    assert {g["lr"] for g in wrapper.optimizer.param_groups} == {1e-3}


@pytest.mark.parametrize(
    ("module", "decayed", "why"),
    [
        (nn.Linear(2, 2), {"weight"}, "a linear layer, but not its bias"),
        (nn.Conv1d(2, 2, 3), {"weight"}, "a convolution"),
        (nn.ConvTranspose1d(2, 2, 3), {"weight"}, "a convolution for a plugin"),
        (nn.LayerNorm(2), set(), "no norm"),
        (nn.GroupNorm(1, 2), set(), "no norm"),
        (nn.Embedding(2, 2), set(), "no table of positions"),
        (nn.MultiheadAttention(2, 1), {"out_proj.weight"}, "bare parameters are not decayed"),
        (
            SelectiveSSM(2, rank=1),
            {"log_rate", "skip", "conv.weight", "coefficients.weight", "step.weight"},
            "but those that a layer names",
        ),
    ],
)
def test_kinds_of_layers(module, decayed, why):
    assert groups_of(module)[0] == decayed


def test_frozen_parameters_are_left_out():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    decayed, others, _ = groups_of(model)
    assert (decayed, others) == ({"1.weight"}, {"1.bias"})


def test_the_wrappers_own_arguments_stay():
    wrapper = groups_of(nn.Linear(2, 2), clip_grad=dict(max_norm=1.0), accumulative_counts=3)[2]
    assert type(wrapper).__name__ == "OptimWrapper"
    assert wrapper.clip_grad_kwargs == dict(max_norm=1.0)
    assert wrapper._accumulative_counts == 3


def test_only_decayed_parameters_shrink_without_gradients():
    model = nn.Linear(2, 2)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    wrapper = groups_of(model)[2]
    (0 * sum(p.sum() for p in model.parameters())).backward()
    wrapper.step()
    torch.testing.assert_close(model.weight.data, before["weight"] * (1 - 1e-3 * 0.05))
    assert torch.equal(model.bias.data, before["bias"])


@pytest.mark.parametrize(
    "given", [dict(norm_decay_mult=0.0), dict(video=dict(lr_mult=2)), dict(video={}, x=1), {}]
)
def test_other_paramwise_cfg_is_refused_with_the_remedy(given):
    with pytest.raises(ValueError, match="use constructor='DefaultOptimWrapperConstructor'"):
        WeightDecayConstructor(dict(optimizer=ADAMW), paramwise_cfg=given)


@pytest.mark.parametrize("optimizer", [dict(type="Adam"), dict(type="Adam", lr=None)])
def test_a_missing_learning_rate_is_named(optimizer):
    """As in a config of one's own on projects/bmn/configs/_base_/bmn.py, which has none."""
    settings = dict(optimizer=optimizer, paramwise_cfg=dict(custom_keys=dict(a=dict(lr_mult=2))))
    with pytest.raises(ValueError, match=r"optimizer must have an lr, .*: set optim_wrapper"):
        QuietRunner.__new__(QuietRunner).build_optim_wrapper(settings)
