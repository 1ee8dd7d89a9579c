"""mmtal.experiments.search.settings: what a trial trains."""

from pathlib import Path

import pytest
from tiny import make_dataset, write_config

from mmtal.experiments.search import SearchSettings
from mmtal.experiments.search.settings import VALIDATIONS, Holdout, progress_step

HOLDOUT = Holdout(None, ("a",), 6, 2, "")


def settings_of(tmp_path: Path, text: str = "", **more) -> SearchSettings:
    data = make_dataset(tmp_path / "data")
    template = write_config(tmp_path / "config.py", data, text)
    return SearchSettings(str(template), str(data), tmp_path / "study", **more)


def test_values_options_and_seed_reach_the_config(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, seed=7, options={"model.head.loss_normalizer": 50})
    values = {
        "learning_rate": 0.01,
        "epochs": 9,
        "batch_size": 3,
        "weight_decay": 0.2,
        "model.backbone.dropout": 0.3,
        "train_dataloader.dataset.pipeline.2.crop_ratio": (0.5, 1.0),
    }
    config = settings.trial_config(values, tmp_path / "0001", HOLDOUT, loader_workers=0)
    assert config.optim_wrapper.optimizer.lr == 0.01
    assert config.optim_wrapper.optimizer.weight_decay == 0.2
    assert config.train_dataloader.batch_size == 3
    assert config.train_cfg.max_epochs == 3 + 9  # after warm-up
    assert config.model.backbone.dropout == 0.3
    assert config.model.head.loss_normalizer == 50
    assert config.train_dataloader.dataset.pipeline[2].crop_ratio == (0.5, 1.0)
    assert config.randomness.seed == 7


def test_nothing_is_saved_and_loaders_are_bounded(tmp_path: Path) -> None:
    config = settings_of(tmp_path).trial_config({}, tmp_path, HOLDOUT, loader_workers=1)
    assert config.default_hooks.checkpoint is None
    assert config.train_dataloader.num_workers == 1
    assert config.val_dataloader.num_workers == 0
    assert not config.val_dataloader.persistent_workers


@pytest.mark.parametrize("epochs", [1, 3, 5, 16, 18, 21, 40, 53])
def test_validations_have_steps_of_their_own_and_the_last_is_the_end(epochs: int) -> None:
    interval = -(-epochs // VALIDATIONS)
    validated = [e for e in range(1, epochs + 1) if e % interval == 0 or e == epochs]
    steps = [progress_step(epoch, epochs) for epoch in validated]
    assert len(validated) <= VALIDATIONS
    assert steps == sorted(set(steps)) and steps[-1] == VALIDATIONS
    assert VALIDATIONS not in steps[:-1]


def test_training_by_iterations_is_refused(tmp_path: Path) -> None:
    text = "train_cfg = dict(_delete_=True, by_epoch=False, max_iters=10, val_interval=5)"
    with pytest.raises(ValueError, match="by_epoch=True and max_epochs"):
        settings_of(tmp_path, text).config({}, tmp_path)
