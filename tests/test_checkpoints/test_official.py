"""Checkpoints of the official release, by name (figures of loaded models: test_golden.py)."""

import pytest
import torch
from extra_golden import MODELS, extra_golden
from golden_models import ROOT, official_to_mmtal
from mmengine.config import Config

from mmtal.apis import load_official_state_dict
from mmtal.registry import MODELS as REGISTRY

NAME = "extra_rel_pos"


def config():
    return extra_golden(NAME).config


def weights():
    return extra_golden(NAME).official_weights()


def prefixed(state_dict):
    return {f"module.{name}": value for name, value in state_dict.items()}


LAYOUTS = {
    "release": dict(
        epoch=35,
        state_dict={name: torch.zeros_like(value) for name, value in prefixed(weights()).items()},
        state_dict_ema=prefixed(weights()),
        scheduler=dict(last_epoch=3),
        optimizer=dict(state={}, param_groups=[]),
    ),
    "without average": dict(epoch=35, state_dict=prefixed(weights())),
    "state dict": weights(),
    "state dict of a wrapped model": prefixed(weights()),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("on_disk", [True, False], ids=["file", "dict"])
def test_every_layout_loads_strictly(tmp_path, layout, on_disk):
    source = LAYOUTS[layout]
    if on_disk:
        source = tmp_path / "model_best.pth.tar"
        torch.save(LAYOUTS[layout], source)
    state_dict = load_official_state_dict(source, config())
    model = REGISTRY.build(MODELS[NAME])
    model.load_state_dict(state_dict, strict=True)
    official = weights()
    for name, value in official.items():
        ours = official_to_mmtal(name)
        if ours:
            assert torch.equal(state_dict[ours].flatten(), value.flatten())
    scales = [official[f"reg_head.scale.{level}.scale"] for level in range(4)]
    assert torch.equal(model.head.level_scales.data, torch.stack(scales))
    assert model.head.loss_normalizer == 20  # the config's, since the release does not save it


def test_names_are_mapped_one_to_one():
    mapped = [official_to_mmtal(name) for name in weights()]
    assert mapped.count(None) == 4  # the level scales become one vector
    assert len(set(mapped)) == len(mapped) - 4 + 1


def test_a_config_file_will_do():
    path = ROOT / "configs" / "actionformer" / "anet_tsp.py"
    with pytest.raises(ValueError, match="does not fit the config"):
        load_official_state_dict(weights(), str(path))


EMBEDDING = "backbone.embd.0.conv.weight"  # (32, 24, 3)


@pytest.mark.parametrize(
    ("change", "messages", "why"),
    [
        (
            lambda w: w.update({"backbone.extra.weight": torch.ones(2)}),
            ["unknown: backbone.extra.weight"],
            "nothing is dropped silently",
        ),
        (
            lambda w: [w.pop(EMBEDDING), w.pop("backbone.branch.2.ln1.bias")],
            [
                "missing: backbone.embedding.convs.0.weight",
                "missing: backbone.branch.2.attn_norm.bias",
            ],
            "all missing ones are listed",
        ),
        (
            lambda w: w.update({EMBEDDING: torch.ones(32, 48, 3)}),
            [f"shape: {EMBEDDING} is (32, 48, 3), the config's model needs (32, 24, 3)"],
            "another width",
        ),
        (
            lambda w: w.update({EMBEDDING: torch.ones(24, 32, 3)}),
            [f"shape: {EMBEDDING} is (24, 32, 3), the config's model needs (32, 24, 3)"],
            "as many values in another order",
        ),
        (
            lambda w: w.pop("reg_head.scale.3.scale"),
            ["missing: head.level_scales.3"],
            "a level too few",
        ),
        (
            lambda w: w.update({"reg_head.scale.0.scale": torch.ones(2)}),
            ["shape: reg_head.scale.0.scale is (2,)"],
            "a scale for each side",
        ),
        (
            lambda w: [w.pop(EMBEDDING), w.update({"foo": torch.ones(1)})],
            ["missing: backbone.embedding.convs.0.weight", "unknown: foo"],
            "problems of all kinds at once",
        ),
    ],
)
def test_what_does_not_fit_is_refused(change, messages, why):
    source = weights()
    change(source)
    with pytest.raises(ValueError, match="does not fit the config") as error:
        load_official_state_dict(source, Config(dict(model=MODELS[NAME])))
    for message in messages:
        assert message in str(error.value)
