"""Misspelt names and wrong types in configs, found before anything is built."""

import sys
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

sys.path.insert(0, str(Path(__file__).parent.parent))
from tiny import write_config

from mmtal.config_files import find_config, list_configs, list_project_configs, read_config
from mmtal.engine.config_check import check_config
from mmtal.engine.runner import load_config, override


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("config") / "tiny.py", Path("data"))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("train_dataloader.bach_size", 4, r"DataLoader has no argument .* 'batch_size'\?"),
        ("train_dataloader.dataset.feature_strid", 4, r"TemporalDataset .* 'feature_stride'\?"),
        ("train_dataloader.sampler.shufle", True, r"DefaultSampler .* 'shuffle'\?"),
        ("train_dataloader.dataset.pipeline.1.stdd", 1, r"FeatureNoise .* 'std'\?"),
        ("model.backbone.dropuot", 0.1, r"ConvTransformer .* 'dropout'\?"),
        ("model.backbone.xyz", 1, r"ConvTransformer has no argument 'xyz', but "),
        ("model.head.assigner.radius", 1, r"has no argument 'radius'"),
        ("optim_wrapper.optimizer.lrr", 0.1, r"AdamW .* 'lr'\?"),
        ("optim_wrapper.clip_grads", {}, r"OptimWrapper .* 'clip_grad'\?"),
        ("param_scheduler.0.start_facor", 1, r"LinearLR .* 'start_factor'\?"),  # by its base
        ("train_cfg.max_epoch", 3, r"EpochBasedTrainLoop .* 'max_epochs'\?"),
        ("default_hooks.checkpoint.intervall", 2, r"CheckpointHook .* 'interval'\?"),  # **kwargs
        ("test_evaluator.tiou_threshold", [0.5], r"TemporalMAP .* 'tiou_thresholds'\?"),
        ("randomness.sed", 5, r"did you mean 'seed'\?"),
        ("train_cfg.max_epochs", "abc", r"must be an integer >= 1, but got 'abc'"),
        ("train_cfg.max_epochs", 2.5, r"must be an integer >= 1, but got 2\.5"),
        ("train_cfg.val_interval", 0, r"must be an integer >= 1, but got 0"),
        ("train_dataloader.batch_size", "two", r"must be an integer >= 1, but got 'two'"),
        ("val_dataloader.num_workers", -1, r"must be an integer >= 0, but got -1"),
        ("randomness.seed", "abc", r"must be an integer >= 0, but got 'abc'"),
        ("optim_wrapper.optimizer.lr", "high", r"must be a number >= 0, but got 'high'"),
        ("train_dataloader", 5, r"must be a dict, but got 5"),
    ],
)
def test_refused(path: Path, key: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^{key}(:| must).*{message}|^{key} {message}"):
        load_config(path, options={key: value})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("launcher", "pytorch", "no effect; use --launcher"),
        ("custom_imports.imports", ["mine"], "no effect; write it into the config file"),
        ("param_scheduler.5.end", 1, "Index 5 exceeds the length of list"),
    ],
)
def test_options_that_do_nothing(path: Path, key: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"--cfg-options {key}: .*{message}"):
        override(load_config(path), {key: value})


def test_what_is_registered_nowhere_is_left_to_its_builder() -> None:
    check_config(Config(dict(model=dict(type="Unheard", of=1), default_hooks=dict(mine=None))))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model = dict(", r"bad\.py cannot be read: SyntaxError: '\(' was never closed"),
        ("model = undefined", r"bad\.py cannot be read: NameError: name 'undefined'"),
        ("_base_ = './gone.py'", r"bad\.py: its _base_ .*gone\.py is missing"),
    ],
)
def test_configs_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        load_config(tmp_path / "bad.py")


def test_every_config_passes() -> None:
    for name in [*list_configs(), *list_project_configs()]:
        check_config(read_config(find_config(name)))
