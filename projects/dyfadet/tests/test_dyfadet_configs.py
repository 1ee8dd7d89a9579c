"""The recipes have OpenTAD's values, and they run."""

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))
from opentad_recipes import our_values, their_values, train_a_step_and_predict
from tiny import ROOT, make_dataset

from mmtal.datasets import FeatureArray
from mmtal.structures import FeatureGrid
from projects.dyfadet.dyfadet import DynamicBlock, DynamicEncoder, DynamicHead, SqueezeLong

PROJECT = ROOT / "projects" / "dyfadet"
NAMES = sorted(path.stem for path in (PROJECT / "configs").glob("*.py"))


@cache
def load(name: str) -> Config:
    return Config.fromfile(PROJECT / "configs" / f"{name}.py")


def test_values_are_those_behind_the_golden_figures() -> None:
    data = PROJECT / "tests" / "data" / "dyfadet_anet_tsp.json"
    resolved, config = json.loads(data.read_text())["resolved"], load("anet_tsp")
    assert our_values(config) == their_values(resolved)
    projection, head = resolved["model"]["projection"], resolved["model"]["rpn_head"]
    ours = dict(drop_path=0.1) | config.model.backbone
    theirs = dict(
        window="encoder_win_size",
        widen="k",
        hidden="mlp_dim",
        init_std="init_conv_vars",
        noise="input_noise",
        drop_path="path_pdrop",
    )
    assert {key: ours[key] for key in theirs} == {k: projection[t] for k, t in theirs.items()}
    assert config.model.head.channels == head["feat_channels"]
    assert config.param_scheduler[1].eta_min == resolved["scheduler"]["eta_min"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("dynamic") / "data")


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_trains_and_predicts(name: str, folder: Path) -> None:
    init_default_scope("mmtal")
    torch.manual_seed(0)
    config = load(name).copy()
    config.model.head.channels = 16
    train_a_step_and_predict(config, folder)


@pytest.mark.parametrize(
    ("window", "widen", "long"),
    [(1, 5, 11), (15, 1.2, 19), (1, 1.2, 3), (15, 1.3, 21), (3, 1.25, 5)],
)
def test_the_long_kernel_is_rounded_as_python_rounds_and_odd(
    window: int, widen: float, long: int
) -> None:
    how = dict(stride=1, hidden=16, init_std=0.0, drop_path=0.0)
    block = DynamicBlock(16, window=window, widen=widen, **how)
    assert block.long_conv.kernel_size == (long,)


def test_noise_is_added_in_training_alone_and_leaves_the_features() -> None:
    model = DynamicEncoder(8, embed_channels=16, max_seq_len=32, depths=(1, 1, 1), noise=0.5)
    x, mask = torch.randn(1, 8, 32), torch.ones(1, 32, dtype=torch.bool)
    before = x.clone()
    runs = {
        training: [model.train(training)(x, mask)[0][0] for _ in "ab"] for training in (False, True)
    }
    assert torch.equal(*runs[0]) and not torch.equal(*runs[1])
    assert torch.equal(x, before)


def test_recordings_of_any_length_are_tested_without_padding() -> None:
    """An odd level is half as long, rounded up, and all of its positions are valid."""
    model = DynamicEncoder(8, embed_channels=16, max_seq_len=32, depths=(1, 1, 3)).eval()
    assert model.padding.padded_length(45) == 45 and model.padding.training_length([20]) == 32
    features, masks = model(torch.randn(1, 8, 45), torch.ones(1, 45, dtype=torch.bool))
    assert [x.shape[2] for x in features] == [45, 23, 12, 6]
    assert all(mask.all() for mask in masks)


@pytest.mark.parametrize(
    ("num_features", "stride", "snippet"), [(50, 16.0, 16.0), (100, 16.0, 16.0), (250, 40.0, 40.0)]
)
def test_only_longer_recordings_are_squeezed(
    num_features: int, stride: float, snippet: float
) -> None:
    values = np.arange(num_features, dtype=np.float32)[:, None].repeat(2, 1)
    results = dict(feats=FeatureArray((values,)), grid=FeatureGrid(16, 16, fps=15))
    found = SqueezeLong(100)(dict(results))
    assert found["grid"] == FeatureGrid(stride, snippet, fps=15)
    assert len(found["feats"]) == min(num_features, 100)
    # torch's rule of positions: value 0.5 * (share - 1) first
    assert found["feats"].read()[0, 0] == pytest.approx(0.5 * (stride / 16 - 1))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (dict(window=2), "window must be odd, but got 2"),
        (dict(padding="half"), r"padding must be one of \('none', 'full'\), but got 'half'"),
        (dict(embed_channels=24), "embed_channels must be a multiple of 16, but got 24"),
    ],
)
def test_bad_settings_are_refused(wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DynamicEncoder(8, **(dict(embed_channels=16, max_seq_len=32) | wrong))


def test_a_head_without_norms_is_refused() -> None:
    config = dict(load("anet_tsp").model.head, with_norm=False)
    config.pop("type")
    with pytest.raises(ValueError, match="with_norm must be True"):
        DynamicHead(16, level_strides=[2**i for i in range(6)], **config)
