"""What a training saved stays as it is, whatever runs in its work dir afterwards."""

import copy
import sys
from pathlib import Path

import pytest
from mmengine.config import Config

sys.path.insert(0, str(Path(__file__).parent.parent))
from tiny import make_dataset, write_config

from mmtal.engine.runner import build_runner, load_config


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Path]:
    folder = tmp_path_factory.mktemp("tiny")
    path = write_config(folder / "tiny.py", make_dataset(folder / "data"))
    config = load_config(path, work_dir=str(folder / "work"))
    config.train_dataloader.update(num_workers=0, persistent_workers=False)
    config.train_cfg = dict(by_epoch=True, max_epochs=4, val_interval=4)
    build_runner(copy.deepcopy(config)).train()
    return config, folder / "work"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_testing_changes_no_file_of_a_training(trained) -> None:
    config, folder = trained
    before = contents(folder)
    config = copy.deepcopy(config)
    config.load_from = str(folder / "epoch_4.pth")
    config.model.head.max_per_video = 7
    build_runner(config).test()
    assert contents(folder) == before


def test_what_a_resumed_training_saves_starts_from_nothing(trained) -> None:
    config, folder = trained
    config = copy.deepcopy(config)
    config.update(resume=True, load_from=str(folder / "epoch_4.pth"))
    build_runner(config).train()
    saved = Config.fromfile(folder / "tiny.py")
    assert not saved.resume and saved.load_from is None
