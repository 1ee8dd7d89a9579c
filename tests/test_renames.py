"""Old names in configs are understood."""

import importlib.util
import logging

import mmengine.logging
import pytest

from mmtal.config_files import find_config
from mmtal.engine.runner import load_config
from mmtal.renames import (
    COMPONENTS,
    CONFIGS,
    KEYS,
    MODULES,
    update_module,
    update_names,
)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ({"type": "CentreAssigner"}, {"type": "CenterAssigner"}, "a component"),
        ({"type": "mmtal.CentreAssigner"}, {"type": "mmtal.CenterAssigner"}, "with its scope"),
        ({"name": "CentreAssigner"}, {"name": "CentreAssigner"}, "no type: any text"),
        ({"centre_radius": 1.5}, {"center_radius": 1.5}, "a key"),
        ([{"a": ({"centre_radius": 2},)}], [{"a": ({"center_radius": 2},)}], "at any depth"),
        (
            {"center_radius": 1.5, "centre_radius": 2},
            {"center_radius": 2},
            "the later key overrides what a base says",
        ),
        (
            {"custom_imports": {"imports": ["mmtal.leaderboard.matches"]}},
            {"custom_imports": {"imports": ["mmtal.experiments.leaderboard.matches"]}},
            "a module below a moved one",
        ),
        (
            {"type": "mmtal.evaluation.functional.instance_table.InstanceTable"},
            {"type": "mmtal.results.instance_table.InstanceTable"},
            "the longest entry counts",
        ),
        ({"mean": [0.25, None], 3: True}, {"mean": [0.25, None], 3: True}, "all else stays"),
    ],
)
def test_names_of_a_config(old, new, why):
    content, found = update_names(old)
    assert content == new and bool(found) == (old != new), why
    assert update_names(content) == (new, {}), "today's names stay"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mmtal.apis.inferencer", "mmtal.inference.inferencer"),
        ("mmtal.apis.checkpoint_bridge", "mmtal.checkpoints.bridge"),
        ("mmtal.apis", "mmtal.apis"),
        ("mmtal.engine.checkpoint", "mmtal.checkpoints.loading"),
        ("mmtal.engine.checkpoints", "mmtal.engine.checkpoints"),
    ],
)
def test_modules(old, new):
    assert update_module(old) == new


def test_every_new_module_exists():
    places = [name.rstrip("_").removesuffix(".") for name in MODULES.values()]
    assert [name for name in places if importlib.util.find_spec(name) is None] == []


def test_no_new_name_is_an_old_one():
    for table in (COMPONENTS, KEYS, CONFIGS):
        assert not set(table) & set(table.values())


def test_a_config_with_old_names_is_read_with_a_notice(tmp_path, monkeypatch):
    notices = []

    def record(text, logger="current", level=logging.INFO):
        if level >= logging.INFO:  # the registry says at the level DEBUG what it finds
            notices.append(text)

    monkeypatch.setattr(mmengine.logging, "print_log", record)
    path = tmp_path / "old.py"
    path.write_text(
        f"_base_ = ['{find_config('actionformer/demo')}']\n"
        "model = dict(head=dict(assigner=dict(type='CentreAssigner', centre_radius=2.5)))\n"
    )
    config = load_config(path)
    assert config.model.head.assigner.type == "CenterAssigner"
    assert config.model.head.assigner.center_radius == 2.5
    assert "centre_radius" not in config.model.head.assigner
    assert notices == [
        f"{path} uses old names, which still work: CentreAssigner -> CenterAssigner, "
        "centre_radius -> center_radius"
    ]

    options = {"model.head.assigner.centre_radius": 4.0}
    config = load_config(find_config("actionformer/demo"), options=options)
    assert config.model.head.assigner.center_radius == 4.0
    assert "centre_radius" not in config.model.head.assigner


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("example_project/hapt_centreness", "example_project/hapt_centerness"),
        ("actionformer_opentad/thumos_i3d.py", "opentad_actionformer/thumos_i3d"),
        (
            "configs/actionformer_opentad/thumos_i3d.py",
            "projects/opentad_actionformer/configs/thumos_i3d.py",
        ),
    ],
)
def test_old_names_of_configs(old, new):
    assert find_config(old) == find_config(new)
