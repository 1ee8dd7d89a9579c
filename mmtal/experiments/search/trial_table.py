"""Format trials as lines, a table and a file."""

import csv
import io
import statistics
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from terminaltables import AsciiTable

from mmtal.experiments.search.best_config import train_command
from mmtal.experiments.search.holdout import Holdout
from mmtal.experiments.search.settings import SearchSettings
from mmtal.experiments.search.trial_store import TrialStore
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
