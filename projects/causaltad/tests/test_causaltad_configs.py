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

PROJECT = ROOT / "projects" / "causaltad"
NAMES = sorted(path.stem for path in (PROJECT / "configs").glob("*.py"))
GOLDEN = ("anet_tsp", "thumos_i3d")


@cache
def load(name: str) -> Config:
    return Config.fromfile(PROJECT / "configs" / f"{name}.py")


@pytest.mark.parametrize("name", GOLDEN)
def test_values_are_those_behind_the_golden_figures(name: str) -> None:
    data = PROJECT / "tests" / "data" / f"causaltad_{name}.json"
    resolved = json.loads(data.read_text())["resolved"]
    assert our_values(load(name)) == their_values(resolved)
    projection, backbone = resolved["model"]["projection"], load(name).model.backbone
    defaults = dict(mamba_kernel_size=4, channel_expand=2, num_head=4, drop_path_rate=0.3)
    assert {key: projection[key] for key in defaults} == defaults, "those of our backbone"
    assert not {"kernel_size", "expand", "num_heads", "drop_path"} & backbone.keys()
    test = resolved["dataset"]["test"]
    size = test.get("window_size")
    step = size and round(size * (1 - test["window_overlap_ratio"]))
    assert load(name).model.get("test_window") == (size and (size, step))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("causal") / "data")


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_trains_and_predicts(name: str, folder: Path) -> None:
    init_default_scope("mmtal")
    torch.manual_seed(0)
    train_a_step_and_predict(load(name).copy(), folder)
