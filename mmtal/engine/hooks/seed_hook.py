"""Seed each step by itself, whatever happened before."""

from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmtal.registry import HOOKS


@HOOKS.register_module()
class SeedHook(Hook):
    """Seed augmentation, dropout and drop path again for each step.

    MMEngine does not restore random state on resume. With this hook the augmentation of a
    recording depends on (seed, epoch, index) alone, and the model's own randomness on (seed,
    iteration, rank) alone, so that an interrupted and resumed training ends with the same weights
    as one that ran through.
    """

    priority = "VERY_HIGH"

    def before_train_epoch(self, runner: Runner) -> None:
        dataset = runner.train_dataloader.dataset
        if hasattr(dataset, "set_epoch"):
            dataset.set_seed(runner.seed)
            dataset.set_epoch(runner.epoch)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict[str, Any] | None = None
    ) -> None:
        state = np.random.SeedSequence([runner.seed, runner.iter, get_rank()]).generate_state(1)
        torch.manual_seed(int(state[0]))
