"""Train trials, and keep them in an SQLite file, which survives whatever ends the search."""

import math
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from optuna.trial import FrozenTrial, Trial, TrialState

from mmtal.engine.runner import build_runner
from mmtal.experiments.search.settings import Holdout, SearchSettings, progress_step
from mmtal.experiments.search.space import Space
from mmtal.utils.reading import reading

optuna.logging.set_verbosity(optuna.logging.WARNING)

STUDY = "mmtal"
STARTUP_TRIALS = 5
WARMUP_STEPS = 2
"""A trial is first judged after two fifths of its training: before, all recipes look alike."""

LOCK_SECONDS = 60.0
"""A process waits so long for others that write to the file."""


@dataclass(frozen=True)
class TrialResult:
    """What the training of a trial gave.

    Attributes:
        value: The last mAP, in [0, 1]; NaN: there was none.
        pruned: Whether it was stopped early.
        seconds: From start to end.
        validation_seconds: Spent on validation.
    """

    value: float
    pruned: bool = False
    seconds: float = 0.0
    validation_seconds: float = 0.0


class TrialStore:
    """Ask for trials, and remember them in an SQLite file, which is made if it is missing.

    The template's own values are trained first, as what others must beat; where one lies outside of
    the space, the search learns nothing from it. ``identity`` is what makes trials comparable, by
    name, and is kept. ValueError: the file is no store, or that of another search; it says what
    differs.
    """

    def __init__(
        self,
        path: Path,
        *,
        space: Space,
        template: Mapping[str, Any],
        identity: Mapping[str, str],
        seed: int,
    ) -> None:
        self.path, self.space = path, space
        self._template_values = dict(template)
        stored = {d.key: d.stored_of(template[d.key]) for d in space}
        self.template_outside = [key for key, value in stored.items() if value is None]
        path.parent.mkdir(parents=True, exist_ok=True)
        with reading(path, "is no store of a search"):
            self.study = _open(path)
            known = self.study.user_attrs.get("identity")
            if known is None:
                if self.study.trials:
                    raise ValueError(f"{path} holds a study that mmtal search did not begin")
                known = dict(identity)
                self.study.set_user_attr("identity", known)
            for name, now in identity.items():
                refuse_difference(path, name, str(known.get(name, "")), now)
            interrupted = self.study.get_trials(states=[TrialState.RUNNING])
            self.resumed = len(interrupted)
            for trial in interrupted:  # no process trains them any more: they are put first in line
                self.study.tell(trial.number, state=TrialState.FAIL)
                if trial.params and not trial.user_attrs.get("template"):
                    self.study.enqueue_trial(trial.params)
            self.study.get_trials()  # all that it holds can be read
        # a resumed search must not draw once more what it drew at its start
        draws = seed + 1_000_003 * len(self.study.trials)
        self.study.sampler = optuna.samplers.TPESampler(seed=draws % 2**32)
        self.study.pruner = optuna.pruners.MedianPruner(
            n_startup_trials=STARTUP_TRIALS, n_warmup_steps=WARMUP_STEPS
        )
        waiting = self.study.get_trials(states=[TrialState.WAITING])
        if not any(t.user_attrs.get("template") for t in [*self.finished, *waiting]):
            self.study.enqueue_trial(
                {} if self.template_outside else stored, user_attrs={"template": True}
            )

    @property
    def finished(self) -> list[FrozenTrial]:
        """Trials that count: all that have ended, interrupted ones apart."""
        ended = (TrialState.COMPLETE, TrialState.PRUNED)
        trials = self.study.get_trials(deepcopy=False)
        return [t for t in trials if t.state in ended or "error" in t.user_attrs]

    @property
    def template(self) -> FrozenTrial | None:
        """The trial that trained the template as it is, once it has ended."""
        return next((t for t in self.finished if t.user_attrs.get("template")), None)

    @property
    def best(self) -> FrozenTrial | None:
        """The trial with the highest mAP of those that were trained to their end."""
        complete = [t for t in self.finished if t.state == TrialState.COMPLETE]
        return max(complete, key=lambda t: t.value or 0.0, default=None)

    def ask(self) -> tuple[Trial, dict[str, Any]]:
        """The next trial to be trained, and what it varies; the template's varies nothing.

        The trial can be pickled: the process that trains it reports to the same file.
        """
        trial = self.study.ask()
        is_template = trial.user_attrs.get("template", False)
        values: dict[str, Any] = {}
        if not (is_template and self.template_outside):
            values = {dimension.key: dimension.suggest(trial) for dimension in self.space}
        trial.set_user_attr("values", self._template_values if is_template else values)
        return trial, {} if is_template else values

    def tell(self, trial: Trial, result: TrialResult | None, error: str = "") -> FrozenTrial:
        """Note how a trial has ended; None: it has failed."""
        for name in ("seconds", "validation_seconds"):
            trial.set_user_attr(name, getattr(result, name, 0.0))
        if result and not result.pruned and not math.isfinite(result.value):
            error = f"its last mAP is {result.value}"
        if error or result is None:
            trial.set_user_attr("error", error)
            return self.study.tell(trial.number, state=TrialState.FAIL)
        if result.pruned:
            return self.study.tell(trial.number, state=TrialState.PRUNED)
        return self.study.tell(trial.number, result.value)


def _open(path: Path) -> optuna.Study:
    if path.exists() and not _is_store(path):
        raise ValueError(
            f"--store {path} must be an SQLite file that a search has made, but is not"
        )
    timeout = {"connect_args": {"timeout": LOCK_SECONDS}}
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs=timeout)
    others = [name for name in optuna.get_all_study_names(storage) if name != STUDY]
    if others:
        raise ValueError(
            f"--store {path} holds other Optuna studies ({', '.join(others)}): name a file of its "
            "own"
        )
    return optuna.create_study(
        storage=storage, study_name=STUDY, direction="maximize", load_if_exists=True
    )


def _is_store(path: Path) -> bool:
    """Whether a file is an SQLite database that is empty or Optuna's."""
    try:
        with closing(sqlite3.connect(path)) as database:
            tables = {name for (name,) in database.execute("select name from sqlite_master")}
    except sqlite3.DatabaseError:
        return False
    return not tables or "version_info" in tables


def refuse_difference(where: Path, name: str, then: str, now: str) -> None:
    """Refuse to go on with a search whose ``name`` has changed, with the first lines that differ.

    ValueError: it has; ``where`` is the search's folder or file.
    """
    if then != now:
        pairs = zip([*then.splitlines(), ""], [*now.splitlines(), ""], strict=False)
        old, new = next(((a, b) for a, b in pairs if a != b), (then, now))
        raise ValueError(
            f"{where} holds another search: its {name} is '{old.strip()}', not '{new.strip()}'. "
            "Give this one another --work-dir, or repeat the old command to go on with it"
        )


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
