"""mmtal.experiments.search.settings: trials are never compared on the test set."""

import json
from pathlib import Path

import pytest
from mmengine.config import Config
from tiny import CLASSES, make_dataset, write_config

from mmtal.experiments.experiment import build_dataset
from mmtal.experiments.search import SearchSettings
from mmtal.experiments.search.settings import make_holdout

RECORDINGS = {f"rec_{index}" for index in range(8)}


@pytest.fixture
def settings(tmp_path: Path) -> SearchSettings:
    data = make_dataset(tmp_path / "data")
    return SearchSettings(
        str(write_config(tmp_path / "config.py", data)), str(data), tmp_path / "study"
    )


def config_of(settings: SearchSettings) -> Config:
    return settings.config({}, settings.folder)


def test_splits_the_training_recordings_alone(settings: SearchSettings) -> None:
    holdout = make_holdout(config_of(settings), settings.folder, share=0.25, seed=0)
    assert (holdout.num_training, holdout.num_validation) == (6, 2)
    config = settings.trial_config({}, settings.folder, holdout, loader_workers=0)
    train = build_dataset(config, "train_dataloader").metainfo
    validation = build_dataset(config, "val_dataloader").metainfo
    ids = set(train["video_ids"]), set(validation["video_ids"])
    assert ids[0] | ids[1] == RECORDINGS and not ids[0] & ids[1]
    assert train["classes"] == validation["classes"] == CLASSES
    # the test set is in no place that a trial could read
    assert config.test_dataloader is config.test_evaluator is config.test_cfg is None
    assert set(json.loads((settings.folder / "holdout.json").read_text())["database"]) == RECORDINGS


def test_seed_decides(settings: SearchSettings) -> None:
    config = config_of(settings)

    def held(seed: int) -> str:
        make_holdout(config, settings.folder, share=0.25, seed=seed)
        return (settings.folder / "holdout.json").read_text()

    first = held(0)
    assert held(0) == first
    assert any(held(seed) != first for seed in range(1, 9))  # many seeds find the same optimum


def test_own_validation_set_is_kept(settings: SearchSettings) -> None:
    config = config_of(settings)
    file = Path(settings.data_path) / "annotations.json"
    content = json.loads(file.read_text())
    content["database"]["rec_12"]["subset"] = "test"
    file.write_text(json.dumps(content))
    config.test_dataloader.dataset.subset = "test"
    holdout = make_holdout(config, settings.folder, share=0.25, seed=0)
    assert (holdout.num_training, holdout.num_validation) == (8, 4)
    assert "own validation set" in holdout.text and not (settings.folder / "holdout.json").exists()
    holdout.apply(config)
    assert config.val_dataloader.dataset.subset == "validation"
    assert config.test_dataloader is None


def test_groups_stay_together(settings: SearchSettings) -> None:
    config = config_of(settings)
    holdout = make_holdout(config, settings.folder, share=0.5, seed=0, group="([0-3]|[4-7])$")
    database = json.loads((settings.folder / "holdout.json").read_text())["database"]
    groups: dict[str, set] = {}
    for entry in database.values():
        groups.setdefault(entry["group"], set()).add(entry["subset"])
    assert all(len(subsets) == 1 for subsets in groups.values())
    assert ", those of " in holdout.text


WRONG: list = [
    ("no share", dict(share=0), "--val-share must be > 0 and < 1"),
    ("all", dict(share=1), "--val-share must be > 0 and < 1"),
    ("no number", dict(share=float("nan")), "--val-share must be > 0 and < 1"),
    ("no pattern", dict(group="(rec"), "is no pattern"),
    ("no group in it", dict(group="rec"), "must have one group"),
    ("fits nothing", dict(group="(take)"), "8 recordings have no group, such as 'rec_0'"),
    ("one group", dict(group="(rec)"), "2 subsets need at least as many recordings"),
]


@pytest.mark.parametrize(("why", "change", "message"), WRONG, ids=[case[0] for case in WRONG])
def test_refuses(settings: SearchSettings, why: str, change: dict, message: str) -> None:
    arguments = dict(share=0.25, seed=0) | change
    with pytest.raises(ValueError) as caught:
        make_holdout(config_of(settings), settings.folder, **arguments)
    assert message in str(caught.value)


def test_one_training_recording(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data", num_train=1)
    template = write_config(tmp_path / "config.py", data, "train_dataloader.update(batch_size=1)")
    settings = SearchSettings(str(template), str(data), tmp_path / "study")
    with pytest.raises(ValueError, match="at least 2 training recordings"):
        make_holdout(config_of(settings), settings.folder, share=0.25, seed=0)


def test_external_scores_are_of_the_test_set(settings: SearchSettings) -> None:
    config = config_of(settings)
    config.val_evaluator.external_scores = "scores.json"
    with pytest.raises(ValueError, match="external scores of the test recordings"):
        make_holdout(config, settings.folder, share=0.25, seed=0)


def test_protocol_without_map(settings: SearchSettings) -> None:
    config = config_of(settings)
    config.val_evaluator.protocol = "salads50/proposals"
    with pytest.raises(ValueError, match="mAP, which protocol salads50/proposals does not have"):
        make_holdout(config, settings.folder, share=0.25, seed=0)
