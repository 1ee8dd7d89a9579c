"""FeatureStatisticsHook: what a model was trained on travels with its weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from tiny import make_dataset, write_config

from mmtal.engine.runner import build_runner, load_config
from mmtal.inference import TemporalActionInferencer

LOAD = [dict(type="LoadFeatures"), dict(type="Normalize", over="training")]


def make_config(root: Path, work_dir: Path) -> Config:
    path = write_config(
        work_dir.with_suffix(".py"), root, "train_cfg = dict(max_epochs=4, val_interval=4)"
    )
    config = load_config(path, work_dir=str(work_dir))
    config.train_dataloader.num_workers, config.train_dataloader.persistent_workers = 0, False
    config.train_dataloader.dataset.pipeline = [
        *LOAD, dict(type="Truncate", max_len=64, min_overlap=0.5), dict(type="PackInputs"),
    ]  # fmt: skip
    for loader in (config.val_dataloader, config.test_dataloader):
        loader.dataset.pipeline = [*LOAD, dict(type="PackInputs")]
    return config


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Config]:
    folder = tmp_path_factory.mktemp("statistics")
    root = make_dataset(folder / "data")
    for path in (root / "features").iterdir():
        np.save(path, np.load(path) * 100 + 1000)
    config = make_config(root, folder / "work")
    build_runner(config.copy()).train()
    return root, Path((folder / "work" / "last_checkpoint").read_text().strip()), config


def test_training_measures_and_saves_them(trained: tuple[Path, Path, Config]) -> None:
    _, checkpoint, config = trained
    found = torch.load(checkpoint, weights_only=True)["meta"]["feature_statistics"]
    dataset = build_runner(config.copy()).train_dataloader.dataset
    files = [dataset.loaded(index)["feat_paths"][0] for index in range(len(dataset))]
    every = np.concatenate([np.load(path) for path in files]).astype(np.float64)
    np.testing.assert_allclose(found["mean"], every.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found["std"], every.std(axis=0), rtol=1e-6)


def test_testing_and_inference_take_those_of_the_checkpoint(
    trained: tuple[Path, Path, Config], tmp_path: Path
) -> None:
    _, checkpoint, config = trained
    other = make_dataset(tmp_path / "other")  # of another scale: measured anew, all would differ
    config = config.copy()
    config.load_from = str(checkpoint)
    runner = build_runner(config.copy())
    runner.test()
    [_, normalize, *_] = runner.test_dataloader.dataset.pipeline.transforms
    saved = torch.load(checkpoint, weights_only=True)["meta"]["feature_statistics"]
    np.testing.assert_allclose(normalize.mean, saved["mean"], rtol=1e-6)
    infer = TemporalActionInferencer(config, checkpoint, "cpu")
    [step] = [t for t in infer.pipeline.pointwise if type(t).__name__ == "Normalize"]
    np.testing.assert_allclose(step.mean, saved["mean"], rtol=1e-6)
    assert infer(next((other / "features").iterdir()), fps=1.0)


def test_a_checkpoint_without_them_is_refused(
    trained: tuple[Path, Path, Config], tmp_path: Path
) -> None:
    _, checkpoint, config = trained
    content: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    del content["meta"]["feature_statistics"]
    torch.save(content, path := tmp_path / "old.pth")
    config = config.copy()
    config.load_from = str(path)
    with pytest.raises(ValueError, match=r"old\.pth holds no statistics of the training features"):
        build_runner(config.copy()).test()
    with pytest.raises(ValueError, match="holds no statistics"):
        TemporalActionInferencer(config, path, "cpu")
