"""Registries: what they build, and what they say where they cannot."""

import mmengine.registry as engine
import pytest
from mmengine.registry import DefaultScope, Registry

from mmtal import plugins, registry
from mmtal.registry import DATASETS, HOOKS, MODELS, TASK_UTILS, TALRegistry

CHILDREN = {name: value for name, value in vars(registry).items() if isinstance(value, TALRegistry)}


def test_every_kind_of_mmengine_has_a_child_in_our_scope():
    theirs = {name for name, value in vars(engine).items() if isinstance(value, Registry)}
    assert theirs <= set(CHILDREN)  # one without would make MMEngine warn
    assert all(child.scope == "mmtal" for child in CHILDREN.values())


@pytest.mark.parametrize("name", ["BACKBONES", "NECKS", "HEADS", "LOSSES"])
def test_parts_of_models_are_models(name):
    assert getattr(registry, name) is MODELS


@pytest.mark.parametrize(
    ("name", "known", "why"),
    [
        ("ConvTransformer", True, "ours"),
        ("mmtal.ConvTransformer", True, "ours, with the scope"),
        ("ExponentialMovingAverage", True, "MMEngine's"),
        ("ConvTranformer", False, "a letter missing"),
        ("torch.nn.Linear", True, "MMEngine builds what can be imported, too"),
    ],
)
def test_a_registry_says_whether_it_knows_a_name(name, known, why):
    assert (name in MODELS) is known, why


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (MODELS, "ConvTransformer"),
        (MODELS, "ExponentialMovingAverage"),  # MMEngine's, found through the parent
        (TASK_UTILS, "CenterAssigner"),
        (DATASETS, "TemporalDataset"),
        (HOOKS, "SeedHook"),
        (HOOKS, "EMAHook"),
    ],
)
def test_names_are_found_here_and_in_mmengine(kind, name):
    assert kind.get(name).__name__ == name
    assert name in kind.names()


@pytest.mark.parametrize(
    ("kind", "wrong", "meant", "why"),
    [
        (MODELS, "ConvTranformer", "ConvTransformer", "a letter missing"),
        (MODELS, "convnet", "ConvNet", "another case"),
        (MODELS, "mmtal.DIOULoss", "DIoULoss", "with a scope"),
        (TASK_UTILS, "CentreAssigner", "CenterAssigner", "the name before 0.1.0"),
        (HOOKS, "EmaHook", "EMAHook", "one of MMEngine's"),
    ],
)
def test_an_unknown_type_names_the_closest(kind, wrong, meant, why):
    with pytest.raises(KeyError) as error:
        kind.build(dict(type=wrong))
    message = str(error.value)
    assert f"type='{wrong}' is not registered as a {kind.name}" in message
    assert "Did you mean" in message and meant in message
    assert "custom_imports = dict(imports=[" in message


def test_a_type_like_no_other_gets_no_suggestion():
    with pytest.raises(KeyError) as error:
        MODELS.get("Xyzzy123")
    assert "Did you mean" not in str(error.value)
    assert "custom_imports" in str(error.value)


def test_the_message_names_plugins_that_failed(monkeypatch):
    monkeypatch.setitem(plugins.FAILED, "broken", "ImportError: no module")
    with pytest.raises(KeyError, match=r"failed to import: broken \(ImportError: no module\)"):
        MODELS.get("BrokenHead")


def test_building_a_part_reports_the_part_inside_a_model():
    from extra_golden import MODELS as CONFIGS

    config = dict(CONFIGS["extra_conv_fpn"], neck=dict(type="FNP", out_channels=8))
    with DefaultScope.overwrite_default_scope("mmtal"), pytest.raises(KeyError, match="type='FNP'"):
        MODELS.build(config)


def test_unknown_names_are_not_searched_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking a config looks up each of its types in all registries."""

    searched: list[str] = []
    monkeypatch.setattr("mmengine.registry.registry.get_object_from_string", searched.append)
    assert "Nothing" not in registry.MODELS and "FPN" not in registry.HOOKS
    assert "FPN" in registry.MODELS
    assert searched == []
