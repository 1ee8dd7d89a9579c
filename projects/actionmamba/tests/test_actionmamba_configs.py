"""The recipes have OpenTAD's values, and they run."""

import json
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from opentad_recipes import our_values, their_values, train_a_step_and_predict
from tiny import ROOT, make_dataset

PROJECT = ROOT / "projects" / "actionmamba"
NAMES = sorted(path.stem for path in (PROJECT / "configs").glob("*.py"))
GOLDEN = ("anet_internvideo6b", "thumos_internvideo6b")


@cache
def load(name: str) -> Config:
    return Config.fromfile(PROJECT / "configs" / f"{name}.py")


@pytest.mark.parametrize("name", GOLDEN)
def test_values_are_those_behind_the_golden_figures(name: str) -> None:
    data = PROJECT / "tests" / "data" / f"actionmamba_{name}.json"
    resolved = json.loads(data.read_text())["resolved"]
    assert our_values(load(name)) == their_values(resolved)
    projection, backbone = resolved["model"]["projection"], load(name).model.backbone
    assert projection["mamba_cfg"] == dict(
        kernel_size=4, use_mamba_type="dbm", drop_path_rate=0.3
    ), "the defaults of our backbone"
    assert not {"kernel_size", "mixer", "drop_path"} & backbone.keys()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("mamba") / "data")


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_trains_and_predicts(name: str, folder: Path) -> None:
    init_default_scope("mmtal")
    torch.manual_seed(0)
    train_a_step_and_predict(load(name).copy(), folder)
