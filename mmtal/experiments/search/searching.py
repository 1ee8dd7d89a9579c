"""Run a search from its start, or from where it was interrupted, to its results."""

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from mmengine.config import Config

from mmtal.config_files import find_config
from mmtal.experiments.executor import Outcome, run_jobs
from mmtal.experiments.experiment import AUTO
from mmtal.experiments.search.search_figures import draw_history, draw_importance
from mmtal.experiments.search.settings import Holdout, SearchSettings, make_holdout
from mmtal.experiments.search.space import Space, template_values
from mmtal.experiments.search.trial_store import (
    TrialJob,
    TrialStore,
    refuse_difference,
    train_trial,
)
from mmtal.experiments.search.trial_table import (
    TEMPLATE,
    line_of_trial,
    summary,
    write_best_config,
    write_table,
)
from mmtal.utils.files import write_text
from mmtal.utils.wording import counted
from mmtal.visualization import save_figure

FIRST_FAILURES = 3
"""So many trials that all fail have a cause in common."""

PLACES = re.compile(r"\b(work_dir|data_root|ann_file|num_workers|experiment_name)\s*=.*")
"""Lines of a config that say where and how fast, not what."""


@dataclass(frozen=True)
class SearchResult:
    """What a search has found.

    Attributes:
        best_value: mAP on the held-out recordings, in [0, 1].
        values: Of the best trial, by key.
        template_value: mAP of the template as it is; None: it failed.
        best_config: The file to train.
    """

    best_value: float
    values: Mapping[str, Any]
    template_value: float | None
    best_config: Path


def search(
    settings: SearchSettings,
    space: Space,
    *,
    store: Path | None = None,
    trials: int = 30,
    workers: int = 1,
    val_share: float = 0.25,
    group: str | None = None,
    minutes: float | None = None,
) -> SearchResult:
    """Run or go on with a search, printing a line for each trial.

    ``store`` is an SQLite file, by default ``study.db`` in the study's folder; ``trials`` includes
    those of earlier runs. ``val_share`` of the training recordings, in groups (see
    :func:`make_holdout`), is held out to compare trials on. After ``minutes`` no trial begins.
    """
    for name, number in (("--trials", trials), ("--workers", workers)):
        if number < 1:
            raise ValueError(f"{name} must be >= 1, but got {number}")
    if minutes is not None and not minutes > 0:
        raise ValueError(f"--minutes must be > 0, but got {minutes}")
    folder = settings.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            origin = settings.template
            store = store or folder / "study.db"
            settings = _freeze_template(replace(settings, folder=folder), is_new=not store.exists())
            trial_store, holdout = _prepare(settings, space, store, val_share, group)
            _introduce(settings, holdout, trial_store, trials)
            try:
                _run(trial_store, settings, holdout, trials, workers, minutes)
            finally:
                _write_overviews(trial_store, folder)
            return _conclude(trial_store, settings, holdout, origin)
    except Timeout as error:
        raise ValueError(
            f"another search is running in {folder}: use its --workers for more processes, or give "
            "this one another --work-dir"
        ) from error


def _prepare(
    settings: SearchSettings, space: Space, store: Path, val_share: float, group: str | None
) -> tuple[TrialStore, Holdout]:
    """Check everything before the first trial."""
    config = settings.config({}, settings.folder)
    template = template_values(space, config)
    settings.config({dimension.key: dimension.first for dimension in space}, settings.folder)
    holdout = make_holdout(
        config, settings.folder, share=val_share, seed=settings.seed, group=group
    )
    trial_store = TrialStore(
        store,
        space=space,
        template=template,
        identity=_identity(settings, space, holdout),
        seed=settings.seed,
    )
    return trial_store, holdout


def _freeze_template(settings: SearchSettings, *, is_new: bool) -> SearchSettings:
    """Settings whose template is a copy, which nobody edits while trials train."""
    path = settings.folder / TEMPLATE
    if settings.template == AUTO:  # suggested once: the same for all runs
        source = settings.folder / "suggested_config.py"
        if not source.is_file():
            settings.config({}, settings.folder)
    else:
        source = find_config(settings.template)
    text = Config.fromfile(source).pretty_text
    if is_new or not path.is_file():
        write_text(path, text)
    refuse_difference(settings.folder, "template", path.read_text(encoding="utf-8"), text)
    return replace(settings, template=str(path))


def _identity(settings: SearchSettings, space: Space, holdout: Holdout) -> dict[str, str]:
    config = settings.trial_config({}, settings.folder, holdout, loader_workers=0)
    place = config.train_dataloader.dataset
    ann_file = Path(place.get("data_root", "")) / place.ann_file
    return {
        "space": "\n".join(f"{d.key} in {d}" for d in sorted(space, key=lambda d: d.key)),
        "seed": str(settings.seed),
        "config": PLACES.sub("", config.pretty_text),
        "set of recordings": f"{holdout.num_training} + {holdout.num_validation}, SHA-256 of the "
        f"annotations {hashlib.sha256(ann_file.read_bytes()).hexdigest()}",
    }


def _introduce(settings: SearchSettings, holdout: Holdout, store: TrialStore, trials: int) -> None:
    print(f"study: {settings.folder}\n{holdout.text}")
    for dimension in store.space:
        print(f"  {dimension.key} in {dimension}")
    if store.template_outside:
        print(
            f"the template's own values of {', '.join(store.template_outside)} lie outside of this "
            "space; it is trained all the same, to compare with"
        )
    done = len(store.finished)
    if done or store.resumed:
        again = f"; {store.resumed} that were interrupted begin again" if store.resumed else ""
        print(f"going on: {done} of {counted(trials, 'trial')} are there{again}")


def _run(
    store: TrialStore,
    settings: SearchSettings,
    holdout: Holdout,
    trials: int,
    workers: int,
    minutes: float | None,
) -> None:
    end = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    left = trials - len(store.finished)

    def jobs() -> Iterator[TrialJob]:
        """Each is asked for when a worker is free for it, which knows most about the others."""
        for _ in range(left):
            if time.monotonic() >= end:
                return
            trial, values = store.ask()
            yield TrialJob(trial=trial, values=values, settings=settings, holdout=holdout)

    def on_end(outcome: Outcome[TrialJob]) -> str:
        trial = store.tell(outcome.job.trial, outcome.value, outcome.error)
        finished = store.finished
        if len(finished) == FIRST_FAILURES and all("error" in t.user_attrs for t in finished):
            raise ValueError(
                f"the first {FIRST_FAILURES} trials all failed, the last of them: "
                f"{trial.user_attrs['error']}; its output: {outcome.job.log}"
            )
        text = line_of_trial(store, trial)
        return f"{text}\n    {outcome.failure}" if outcome.error else text

    run_jobs(train_trial, jobs(), on_end, total=left if minutes is None else None, workers=workers)


def _write_overviews(store: TrialStore, folder: Path) -> None:
    if store.finished:
        write_table(store, folder / "trials.csv")
        save_figure(draw_history(store), folder / "history.png")
        figure = draw_importance(store)
        if figure is not None:
            save_figure(figure, folder / "importance.png")


def _conclude(
    store: TrialStore, settings: SearchSettings, holdout: Holdout, origin: str
) -> SearchResult:
    best, template = store.best, store.template
    if best is None or best.value is None:
        raise ValueError(f"no trial was trained to its end; see {settings.folder / 'trials.csv'}")
    values = {}
    if not best.user_attrs.get("template"):
        values = {d.key: d.value_of(best.params[d.key]) for d in store.space}
    path = write_best_config(settings, values, origin=origin, number=best.number, value=best.value)
    print(summary(store, settings, holdout, path))
    return SearchResult(best.value, values, template.value if template else None, path)
