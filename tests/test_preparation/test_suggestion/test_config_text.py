"""The config that is written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mmengine.config import Config
from tiny import make_dataset

from mmtal.datasets.feature_statistics import feature_statistics, give_statistics, waiting
from mmtal.engine.hooks.setup_check_hook import check_setup
from mmtal.preparation.suggestion import Budget, choose_settings, config_text, summarize
from mmtal.registry import DATASETS, MODELS


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("suggested") / "data", num_train=4, num_test=2)


def suggest(root: Path, folder: Path, **choices: object) -> tuple[Config, str]:
    summary = summarize(root / "annotations.json", features=[root / "features"], **choices)
    text = config_text(summary, choose_settings(summary, Budget()), name="tiny")
    path = folder / "suggested.py"
    path.write_text(text)
    return Config.fromfile(path), text


def build_datasets(config: Config) -> list[Any]:
    """The training and the test data set, with what training would measure."""
    training, test = (
        DATASETS.build(loader.dataset)
        for loader in (config.train_dataloader, config.test_dataloader)
    )
    transforms = test.pipeline.transforms
    if waiting(transforms):
        found = feature_statistics(training, transforms)
        for dataset in (training, test):
            give_statistics(dataset.pipeline.transforms, found, source="training")
    return [training, test]


def test_model_and_data_fit_each_other(root: Path, tmp_path: Path) -> None:
    config, _ = suggest(root, tmp_path)
    model = MODELS.build(config.model)
    for dataset in build_datasets(config):
        check_setup(model, dataset)
        assert len(dataset[0]["inputs"]) <= config.max_seq_len or dataset.test_mode
    losses = model(
        **model.data_preprocessor(
            dict(inputs=[dataset[0]["inputs"]], data_samples=[dataset[0]["data_samples"]]), True
        ),
        mode="loss",
    )
    assert all(loss.isfinite() for loss in losses.values())


def test_every_choice_is_explained_in_lines_of_100_columns(root: Path, tmp_path: Path) -> None:
    _, text = suggest(root, tmp_path)
    assert max(map(len, text.splitlines())) <= 100
    for what in (
        "max_seq_len = ",
        "window=",
        "warmup_epochs = ",
        "custom_hooks = ",
        "nms=",
        "data = ",
    ):
        lines = text.splitlines()
        first = next(i for i, line in enumerate(lines) if line.strip().startswith(what))
        assert lines[first - 1].strip().startswith("# "), what
    assert "level stride 4" in text and "% of the instances" in text


def test_uneven_channels_are_normalized_by_the_config(root: Path, tmp_path: Path) -> None:
    data = tmp_path / "uneven"
    make_dataset(data, num_train=4, num_test=2)
    for path in (data / "features").iterdir():
        values = np.load(path) * np.float32([1, 1, 1, 1000, 1, 0]) + 5  # one is constant
        np.save(path, values)
    config, _ = suggest(data, tmp_path)
    training, dataset = build_datasets(config)
    files = [training.loaded(index)["feat_paths"][0] for index in range(len(training))]
    every = np.concatenate([np.load(path) for path in files])
    [_, normalize, *_] = dataset.pipeline.transforms
    np.testing.assert_allclose(normalize.mean, every.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(normalize.std[:5], every.std(axis=0)[:5], rtol=1e-5)
    assert normalize.std[5] == 1, "a constant channel"
    values = np.concatenate([item["inputs"].numpy() for item in dataset])
    assert np.abs(values).max() < 10 and np.abs(values[:, 5]).max() < 1e-3


def test_several_sources_and_a_frame_rate_of_the_user(root: Path, tmp_path: Path) -> None:
    folders = [root / "features"] * 2
    summary = summarize(root / "annotations.json", features=folders, fps=1)
    path = tmp_path / "suggested.py"
    path.write_text(config_text(summary, choose_settings(summary, Budget()), name="a"))
    config = Config.fromfile(path)
    assert config.model.backbone.in_channels == 12
    assert config.data.fps == 1 and len(config.data.features) == 2
    assert DATASETS.build(config.train_dataloader.dataset).num_channels == 12


def test_a_raw_signal_is_cut_into_windows_and_normalized(tmp_path: Path) -> None:
    (tmp_path / "features").mkdir()
    random, database = np.random.default_rng(0), {}
    for index in range(4):
        signal = random.normal([5, 0], [2, 0.1], (4000, 2)).astype(np.float32)  # 80 s at 50 Hz
        np.save(tmp_path / "features" / f"r{index}.npy", signal)
        database[f"r{index}"] = dict(
            subset="training" if index < 3 else "test",
            duration=80.0,
            fps=50,
            annotations=[dict(label="run", segment=[k, k + 4.0]) for k in range(0, 76, 8)],
        )
    (tmp_path / "annotations.json").write_text(json.dumps(dict(database=database)))
    config, text = suggest(tmp_path, tmp_path)
    assert "SlidingWindow" in text and "raw signal" in text
    check_setup(MODELS.build(config.model), DATASETS.build(config.train_dataloader.dataset))
    values = np.concatenate([item["inputs"].numpy() for item in build_datasets(config)[1]])
    np.testing.assert_allclose(values.mean(0), 0, atol=0.5)
    np.testing.assert_allclose(values.std(0), 1, atol=0.4)
