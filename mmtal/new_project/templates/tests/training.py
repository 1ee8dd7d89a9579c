"""MyComponent learns from windows of the embedded data, and finds something in a recording."""

from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner

from mmtal.config_files import resource_root
from mmtal.engine.runner import build_runner, load_config

CONFIG = Path(__file__).resolve().parents[1] / "configs" / "hapt_my_project.py"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Of three epochs of a narrow model."""
    torch.manual_seed(0)
    config = load_config(CONFIG, work_dir=str(tmp_path))
    for phase, number in (("train", 64), ("val", 1), ("test", 1)):
        loader = config[f"{phase}_dataloader"]
        loader.update(num_workers=0, persistent_workers=False)
        loader.dataset.update(data_root=str(resource_root() / "data" / "hapt"), indices=number)
    config.model.backbone.embed_channels = 32
    config.train_cfg.update(max_epochs=3, val_interval=3)
    config.param_scheduler = None
    return build_runner(config)


def test_it_learns_and_is_evaluated(runner: Runner) -> None:
    runner.train()
    losses = runner.message_hub.get_scalar("train/loss").data[0]
    assert losses[-5:].mean() < 0.95 * losses[:5].mean()
    figures = runner.test()
    assert 0 < figures["tal/mAP"] <= 1
