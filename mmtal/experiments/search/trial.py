"""Train one trial of a search, which reports to Optuna's storage itself."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from optuna.trial import Trial

from mmtal.engine.runner import build_runner
from mmtal.experiments.search.holdout import Holdout
from mmtal.experiments.search.settings import SearchSettings, progress_step
from mmtal.experiments.search.trial_store import TrialResult


@dataclass(frozen=True, kw_only=True)
class TrialJob:
    """A trial to be trained.

    Attributes:
        trial: As Optuna asked for it.
        values: What it varies, by key.
        settings: Of the search.
        holdout: Where it trains and is validated.
    """

    trial: Trial
    values: Mapping[str, Any]
    settings: SearchSettings
    holdout: Holdout

    @property
    def name(self) -> str:
        """For people."""
        return f"trial {self.trial.number}"

    @property
    def work_dir(self) -> Path:
        """Where the log and the curves are."""
        return self.settings.folder / "trials" / f"{self.trial.number:04d}"

    @property
    def log(self) -> Path:
        """File for all that is printed."""
        return self.work_dir / "log.txt"


def train_trial(job: TrialJob) -> TrialResult:
    """Train a trial in this process, until its end or until it is pruned."""
    started = time.monotonic()
    config = job.settings.trial_config(
        job.values, job.work_dir, job.holdout, loader_workers=torch.get_num_threads() - 1
    )
    runner = build_runner(config)
    hook = TrialReportHook(job.trial)
    runner.register_hook(hook)
    pruned = False
    try:
        runner.train()
    except optuna.TrialPruned:
        pruned = True
    return TrialResult(hook.value, pruned, time.monotonic() - started, hook.seconds)


class TrialReportHook(Hook):
    """Report ``tal/mAP`` to a trial after each validation.

    TrialPruned: the trial is not worth going on with. The template's always is. ValueError:
    validation gives no mAP.
    """

    priority = "LOWEST"  # after EMAHook has put the trained weights back

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.value = float("nan")
        self.seconds = 0.0  # spent on validation so far

    def before_val(self, runner: Runner) -> None:
        self._started = time.monotonic()

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        self.seconds += time.monotonic() - self._started
        metrics = metrics or {}
        if "tal/mAP" not in metrics:
            raise ValueError(f"a search compares tal/mAP, but validation gives {list(metrics)}")
        self.value = float(metrics["tal/mAP"])
        if not math.isfinite(self.value):
            return
        epoch = runner.epoch  # counts finished epochs when a validation ends
        self.trial.report(self.value, progress_step(epoch, runner.max_epochs))
        is_last = epoch == runner.max_epochs
        if not is_last and not self.trial.user_attrs.get("template") and self.trial.should_prune():
            raise optuna.TrialPruned
