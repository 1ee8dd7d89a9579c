"""A training that has diverged stops, says where, and saves nothing of it."""

import copy
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

sys.path.insert(0, str(Path(__file__).parent.parent))
from tiny import make_dataset, write_config

from mmtal.engine.hooks import divergence_hook
from mmtal.engine.runner import build_runner, load_config


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    return write_config(folder / "tiny.py", make_dataset(folder / "data"))


def config_of(tiny: Path, work_dir: Path) -> Config:
    config = load_config(tiny, work_dir=str(work_dir))
    config.train_dataloader.update(num_workers=0, persistent_workers=False)
    config.train_cfg = dict(by_epoch=True, max_epochs=4, val_interval=2)
    return config


class Poison(Hook):
    """Makes the loss, or a weight, NaN in some iterations."""

    priority = "HIGHEST"

    def __init__(self, iterations: range, what: str = "loss") -> None:
        self.iterations, self.what = iterations, what

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter in self.iterations:
            if self.what == "loss":
                outputs["loss"] = outputs["loss"] * torch.nan
            else:
                next(runner.model.parameters()).data[0] = torch.inf


@pytest.mark.parametrize(
    ("poison", "message", "saved"),
    [
        # four steps an epoch; the logging interval of 20 is never reached
        (Poison(range(9, 10)), r"the loss is nan in iteration 10 of 16, at a .*rate of 0\.0", 2),
        (Poison(range(3, 4)), r"iteration 4 of 16.*on the recordings 'rec_\d', 'rec_\d'\.", 0),
        (Poison(range(11, 12), "weights"), r"iteration 12 holds NaN or infinity in 1 of 108", 2),
    ],
    ids=["loss", "loss of an epoch's last step", "weights"],
)
def test_nothing_of_it_is_saved(tiny: Path, tmp_path: Path, poison, message, saved) -> None:
    runner = build_runner(config_of(tiny, tmp_path))
    runner.register_hook(poison)
    with pytest.raises(ValueError, match=message):
        runner.train()
    epochs = {int(re.findall(r"\d+", path.stem)[0]) for path in tmp_path.glob("epoch_*.pth")}
    assert max(epochs, default=0) == saved
    for path in tmp_path.glob("*.pth"):
        weights = torch.load(path, weights_only=True)["state_dict"]
        assert all(value.isfinite().all() for value in weights.values())


@pytest.mark.parametrize("bias", [-100.0, 0.0])
def test_offsets_that_cannot_be_learned_are_said(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bias: float
) -> None:
    """After some steps, and at the end, if they are 0 at all instances; never else."""
    monkeypatch.setattr(divergence_hook, "PATIENCE", 8)
    runner = build_runner(config_of(tiny, tmp_path))
    torch.nn.init.constant_(runner.model.head.reg_conv.bias[:1], bias)
    runner.train()
    (log,) = tmp_path.glob("*/*.log")
    said = re.findall(
        r"distance to the start was 0 at all points .* last (\d+) steps", log.read_text()
    )
    assert said == ([] if bias == 0 else ["8", "16"])


def test_a_plain_runner_of_a_config_stops_too(tiny: Path, tmp_path: Path) -> None:
    runner = Runner.from_cfg(config_of(tiny, tmp_path))
    runner.register_hook(Poison(range(2, 3)))
    with pytest.raises(ValueError, match="the loss is nan in iteration 3 of 16"):
        runner.train()


def test_the_flag_is_read_at_the_logging_interval(tiny: Path, tmp_path: Path) -> None:
    config = config_of(tiny, tmp_path)
    config.default_hooks.logger.interval = 2
    runner = build_runner(config)
    runner.register_hook(Poison(range(1)))
    with pytest.raises(ValueError, match="in iteration 1 of 16"):
        runner.train()
    assert runner.iter == 1, "the second step is the last"


@pytest.mark.parametrize(("bad", "stops"), [(3, False), (6, True)])
def test_mixed_precision_may_skip_steps_but_not_all(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: int, stops: bool
) -> None:
    from mmengine.optim import OptimWrapper

    monkeypatch.setattr(divergence_hook, "AmpOptimWrapper", OptimWrapper)  # no GPU is needed
    monkeypatch.setattr(divergence_hook, "OVERFLOWS", 5)
    runner = build_runner(config_of(tiny, tmp_path))
    runner.register_hook(Poison(range(2, 2 + bad)))
    if stops:
        with pytest.raises(ValueError, match="iteration 7 of 16, as in 5 steps in a row"):
            runner.train()
    else:
        runner.train()


def test_features_of_absurd_size_are_named_before_training(tiny: Path, tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    values = np.load(data / "features" / "rec_1.npy")
    values[7, 2] = 1e20
    np.save(data / "features" / "rec_1.npy", values)
    config = copy.deepcopy(config_of(tiny, tmp_path / "w"))
    config.train_dataloader.dataset.data_root = str(data)
    with pytest.raises(ValueError, match=r"'rec_1': feature 7, channel 2 of .* is 1e\+20"):
        build_runner(config).train()
