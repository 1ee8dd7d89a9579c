"""Format trials as lines, a table and a file, and the best one as a config."""

import csv
import io
import os
import shlex
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from optuna.trial import FrozenTrial, TrialState
from terminaltables import AsciiTable

from mmtal.experiments.search.settings import Holdout, SearchSettings
from mmtal.experiments.search.space import DOTTED
from mmtal.experiments.search.trial_store import TrialStore
from mmtal.preparation.suggestion.config_text import comment
from mmtal.utils.files import write_text
from mmtal.utils.wording import counted

SHOWN = 10
OUTPUTS = ("best.py", "trials.csv", "history.png", "importance.png")
STATES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


def reached(trial: FrozenTrial) -> float | None:
    """The last mAP of a trial, in [0, 1]; None: it was never validated."""
    if trial.state == TrialState.COMPLETE:
        return trial.value
    steps = trial.intermediate_values
    return steps[max(steps)] if steps else None


def line_of_trial(store: TrialStore, trial: FrozenTrial) -> str:
    """What there is to say when a trial has ended."""
    value, best = reached(trial), store.best
    parts = [
        STATES[trial.state],
        "" if value is None else f"mAP {100 * value:.2f} %",
        "the template" if trial.user_attrs.get("template") else _values(trial),
        f"{trial.user_attrs['seconds']:.0f} s",
        "" if best is None else f"best {100 * (best.value or 0):.2f} % (trial {best.number})",
    ]
    return "; ".join(part for part in parts if part)


def write_table(store: TrialStore, path: Path) -> None:
    """Write a row for each trial that has ended: state, mAP in [0, 1], seconds, values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = [dimension.key for dimension in store.space]
    writer.writerow(
        ["trial", "state", "mAP", "template", "seconds", "validation_seconds", *keys, "error"]
    )
    for trial in store.finished:
        notes, value = trial.user_attrs, reached(trial)
        writer.writerow(
            [
                trial.number,
                STATES[trial.state],
                "" if value is None else f"{value:.6f}",
                int(notes.get("template", False)),
                f"{notes['seconds']:.1f}",
                f"{notes['validation_seconds']:.1f}",
                *(notes["values"].get(key, "") for key in keys),
                notes.get("error", ""),
            ]
        )
    write_text(path, text.getvalue())


def summary(store: TrialStore, settings: SearchSettings, holdout: Holdout, best: Path) -> str:
    """The best trials, what they cost, and what to do next; ``best`` is the best one's config."""
    complete = [t for t in store.finished if t.state == TrialState.COMPLETE]
    complete.sort(key=lambda t: -(t.value or 0))
    keys = [dimension.key for dimension in store.space]
    rows: list[list[Any]] = [["trial", "mAP %", *(key.split(".")[-1] for key in keys), "s"]]
    shown = complete[:SHOWN]
    template = store.template
    if template in complete[SHOWN:]:
        shown.append(template)
    for trial in shown:
        name = f"{trial.number}" + (" (template)" if trial.user_attrs.get("template") else "")
        values = [_short(trial.user_attrs["values"].get(key)) for key in keys]
        rows.append(
            [name, f"{100 * (trial.value or 0):.2f}", *values, f"{trial.user_attrs['seconds']:.0f}"]
        )
    states = [STATES[trial.state] for trial in store.finished]
    counts = ", ".join(f"{states.count(name)} {name}" for name in STATES.values())
    seconds = [trial.user_attrs["seconds"] for trial in complete]
    share = sum(t.user_attrs["validation_seconds"] for t in complete) / max(sum(seconds), 1e-9)
    return "\n".join(
        [
            AsciiTable(rows).table,
            f"{counted(len(states), 'trial')}: {counts}; a complete one took (median) "
            f"{statistics.median(seconds):.0f} s, {100 * share:.0f} % of it for validation",
            f"mAP is that of {counted(holdout.num_validation, 'held-out recording')}; the highest "
            "of many is rather high: report the test set's",
            f"{best.parent}: {', '.join(n for n in OUTPUTS if (best.parent / n).exists())}",
            "train the best on the whole training set, and test it:",
            f"  {train_command(settings)}",
        ]
    )


def _values(trial: FrozenTrial) -> str:
    values = trial.user_attrs["values"]
    return ", ".join(f"{key.split('.')[-1]} {_short(value)}" for key, value in values.items())


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


TEMPLATE = "template.py"
"""Copy of the template in the study's folder, which can so be moved to another machine."""


def write_best_config(
    settings: SearchSettings, values: Mapping[str, Any], *, origin: str, number: int, value: float
) -> Path:
    """Write ``best.py`` into the study's folder: the template, and what the trial changes.

    The template is a copy of ``origin``; ``value`` is the trial's mAP on the held-out recordings,
    in [0, 1].
    """
    path = settings.folder / "best.py"
    config = settings.config(values, settings.folder).to_dict()
    keys = [*settings.options, *(DOTTED.get(key, key) for key in values)]
    tree: dict[str, Any] = {}
    for key in keys:
        _graft(tree, config, key)
    text = comment(
        f"Trial {number} of {settings.folder.name}: mAP {100 * value:.2f} % on the held-out "
        "training recordings, the highest of all trials, and therefore rather high. The figure to "
        "report is that of the test set, after training on the whole training set:"
    )
    text += f"#     {train_command(settings)}\n"
    text += comment(f"{TEMPLATE}: '{origin}' as it was when the search began")
    text += f"_base_ = {TEMPLATE!r}\n"
    if not tree:
        text += "# the template as it is was the best\n"
    write_text(path, text + Config(tree).pretty_text)
    return path


def train_command(settings: SearchSettings) -> str:
    """What trains ``best.py`` on the whole training set, and tests it."""
    path = os.path.relpath(settings.folder / "best.py")
    return (
        f"mmtal run {shlex.quote(path)} --data-path {shlex.quote(settings.data_path)} "
        f"--work-dir {shlex.quote(f'work_dirs/{settings.folder.name}_best')}"
    )


def _graft(tree: dict[str, Any], config: dict[str, Any], key: str) -> None:
    """Copy a value of a config into a tree of its own.

    A config cannot inherit a part of a list, so that a list is copied as a whole.
    """
    parts = key.split(".")
    value: Any = config
    for number, part in enumerate(parts, start=1):
        value = value[part]
        if isinstance(value, list) or number == len(parts):
            for name in parts[: number - 1]:
                tree = tree.setdefault(name, {})
            tree[parts[number - 1]] = value
            return
