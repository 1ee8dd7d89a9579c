"""A training that takes no time: one weight, eight numbers, the runner and the hooks of mmtal."""

import itertools
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from torch import nn
from torch.utils.data import Dataset

from mmtal.engine.runner import build_runner
from mmtal.registry import DATASETS, HOOKS, METRICS, MODELS

_COUNTER = itertools.count()


@MODELS.register_module()
class ToyModel(BaseModel):
    """Two parameter groups under WeightDecayConstructor: a weight and a bias."""

    def __init__(self, width: int = 1) -> None:
        super().__init__()
        self.linear = nn.Linear(1, width)

    def forward(self, inputs: Any, mode: str = "tensor") -> Any:
        found = self.linear(torch.as_tensor(inputs).reshape(-1, 1).to(torch.float32))
        return dict(loss=found.square().mean()) if mode == "loss" else [0]


@DATASETS.register_module()
class ToyDataset(Dataset):
    """Numbers from 0."""

    def __init__(self, size: int = 8) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> dict[str, float]:
        return dict(inputs=float(index))


@METRICS.register_module()
class ToyMetric(BaseMetric):
    """Better after each epoch, so that each is the best."""

    count = 0

    def process(self, *_: Any) -> None:
        self.results.append(0)

    def compute_metrics(self, _: Any) -> dict[str, float]:
        ToyMetric.count += 1
        return dict(score=float(ToyMetric.count))


@HOOKS.register_module()
class RatesHook(Hook):
    """Keeps the learning rate and weight decay that each step was done with, by group."""

    def __init__(self) -> None:
        self.rates: list[tuple[float, float]] = []

    def before_train_iter(self, runner: Any, *_: Any, **__: Any) -> None:
        groups = runner.optim_wrapper.optimizer.param_groups
        self.rates.append(tuple((g["lr"], g["weight_decay"]) for g in groups))


@HOOKS.register_module()
class StopHook(Hook):
    """Ctrl-C when so many epochs are validated and saved."""

    priority = "LOWEST"

    def __init__(self, after: int) -> None:
        self.after = after

    def after_val_epoch(self, runner: Any, metrics: Any = None) -> None:
        if runner.epoch == self.after:
            raise KeyboardInterrupt


def toy_config(work_dir: Path, *, epochs: int = 6, batch_size: int = 2, **options: Any) -> Config:
    """A config with warm-up and cosine, by steps.

    Args:
        work_dir: Of the training.
        epochs: ``train_cfg.max_epochs``.
        batch_size: Of eight recordings.
        options: Values by dotted name, with ``__`` for the dots.
    """
    loader = dict(
        batch_size=batch_size,
        num_workers=0,
        drop_last=True,
        sampler=dict(type="DefaultSampler", shuffle=True),
        dataset=dict(type="ToyDataset"),
    )
    test_loader = {**loader, "drop_last": False, "sampler": dict(type="DefaultSampler")}
    config = Config(
        dict(
            default_scope="mmtal",
            work_dir=str(work_dir),
            launcher="none",
            randomness=dict(seed=3),
            model=dict(type="ToyModel"),
            train_dataloader=loader,
            val_dataloader=test_loader,
            val_evaluator=dict(type="ToyMetric"),
            val_cfg={},
            train_cfg=dict(by_epoch=True, max_epochs=epochs, val_interval=1),
            optim_wrapper=dict(
                type="OptimWrapper",
                optimizer=dict(type="AdamW", lr=0.1, weight_decay=0.05),
                constructor="WeightDecayConstructor",
            ),
            param_scheduler=[
                dict(type="LinearLR", start_factor=1e-3, end=2, convert_to_iter_based=True),
                dict(type="CosineAnnealingLR", begin=2, eta_min=1e-8, convert_to_iter_based=True),
            ],
            default_hooks=dict(
                seed=dict(type="SeedHook"),
                rates=dict(type="RatesHook"),
                checkpoint=dict(
                    type="CheckpointHook",
                    interval=1,
                    max_keep_ckpts=2,
                    save_best="score",
                    rule="greater",
                ),
            ),
            visualizer=dict(type="Visualizer", vis_backends=[]),
        )
    )
    config.merge_from_dict({name.replace("__", "."): value for name, value in options.items()})
    return config


def train(config: Config, *, resume: bool = False) -> list[tuple[float, float]]:
    """Learning rate and weight decay of each step."""
    config.resume = resume
    config.experiment_name = f"toy{next(_COUNTER)}"  # loggers are shared by name
    runner = build_runner(config)
    runner.train()
    return next(hook.rates for hook in runner.hooks if isinstance(hook, RatesHook))
