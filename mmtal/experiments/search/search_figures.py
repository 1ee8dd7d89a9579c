"""Draw the history of a search, and the importance of each value."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator
from optuna.trial import FrozenTrial, TrialState

from mmtal.experiments.search.space import Dimension
from mmtal.experiments.search.trial_store import TrialStore
from mmtal.experiments.search.trial_table import reached
from mmtal.utils.wording import counted
from mmtal.visualization.colors import BASE, GROUND_TRUTH, HIT, MISS
from mmtal.visualization.layout import MARGIN, WIDTH, Sheet, plain, shorten

LEAST_TRIALS = 4
"""Fewer complete trials say nothing about importance."""

COLUMNS = 4
PANEL = 2.2
BAR = 0.3
PRUNED = "#999999"
TEMPLATE = BASE[1]


def draw_history(store: TrialStore) -> Figure:
    """mAP of each trial in their order, the best so far, and the template's."""
    trials, best = store.finished, store.best
    title = f"History of {store.path.parent.name}"
    states = [trial.state for trial in trials]
    note = (
        f"{counted(len(trials), 'trial')}; mAP on held-out training recordings, of pruned trials "
        "that of their last validation"
    )
    if best is not None:
        note += f"; best {100 * (best.value or 0):.2f} % (trial {best.number})"
    template = store.template.value if store.template else None
    legend = [(HIT, "complete, and the best so far")]
    legend += [(PRUNED, "pruned")] if TrialState.PRUNED in states else []
    legend += [(MISS, "failed")] if TrialState.FAIL in states else []
    if template is not None:
        legend.append((TEMPLATE, f"the template as it is: {100 * template:.2f} %"))
    sheet = Sheet(title, [note], legend)
    axes = sheet.axes(MARGIN + 0.6, sheet.top + 0.1, WIDTH - 2 * MARGIN - 0.7, 3.7)
    if template is not None:
        axes.axhline(100 * template, color=TEMPLATE, linewidth=1.2, linestyle="--")
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    values = np.array([100 * (trial.value or 0) for trial in complete])
    numbers = [trial.number for trial in complete]
    if complete:
        so_far = np.maximum.accumulate(values)
        last = max(trial.number for trial in trials)
        axes.step([*numbers, last], [*so_far, so_far[-1]], where="post", color=HIT, linewidth=1.4)
    axes.plot(numbers, values, "o", color=HIT, markersize=5, clip_on=False)
    pruned = [t for t in trials if t.state == TrialState.PRUNED and reached(t) is not None]
    axes.plot(
        [t.number for t in pruned], [100 * (reached(t) or 0) for t in pruned], "o",
        markerfacecolor="white", color=PRUNED, markersize=5, clip_on=False,
    )  # fmt: skip
    failed = [trial.number for trial in trials if trial.state == TrialState.FAIL]
    axes.set_ylim(bottom=max(0.0, axes.get_ylim()[0]))
    axes.plot(
        failed, [axes.get_ylim()[0]] * len(failed), "x", color=MISS, markersize=7, clip_on=False
    )
    axes.set_xlabel("trial", size=9)
    axes.set_ylabel("mAP (%)", size=9)
    _tidy(axes)
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    return sheet.finish(sheet.top + 4.4)


def draw_importance(store: TrialStore) -> Figure | None:
    """A bar for each varied value, and mAP against it; None: too few trials are complete."""
    inside = [
        trial for trial in store.finished if trial.state == TrialState.COMPLETE and trial.params
    ]
    if len(inside) < LEAST_TRIALS:
        return None
    shares = importance(store)
    order = sorted(store.space, key=lambda dimension: -shares[dimension.key])
    title = f"Importance in {store.path.parent.name}"
    note = (
        f"Share of each value in how {counted(len(inside), 'complete trial')} differ (PED-ANOVA); "
        "of few trials a rough guess. Below: mAP (%) of each."
    )
    templates = [trial for trial in inside if trial.user_attrs.get("template")]
    legend = [(TEMPLATE, "the template as it is")] if templates else []
    sheet = Sheet(title, [note], legend)
    _draw_bars(sheet, order, shares)
    each = (WIDTH - 2 * MARGIN) / COLUMNS
    for index, dimension in enumerate(order):
        left = MARGIN + index % COLUMNS * each + 0.5
        place = sheet.top + index // COLUMNS * (PANEL + 0.75)
        _draw_values(sheet.axes(left, place, each - 0.65, PANEL), dimension, inside)
    return sheet.finish(sheet.top + -(-len(order) // COLUMNS) * (PANEL + 0.75) + MARGIN)


def importance(store: TrialStore) -> dict[str, float]:
    """Share of each dimension in the differences between complete trials, by PED-ANOVA.

    Watanabe, Bansal and Hutter, IJCAI 2023, as Optuna computes it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about trials outside of the space
        found = optuna.importance.get_param_importances(store.study)
    return {dimension.key: float(found.get(dimension.key, 0.0)) for dimension in store.space}


def _draw_bars(sheet: Sheet, order: Sequence[Dimension], shares: dict[str, float]) -> None:
    names, height = 3.2, BAR * len(order)
    axes = sheet.axes(MARGIN + names, sheet.top, WIDTH - 2 * MARGIN - names - 0.6, height)
    sheet.top += height + 0.7
    rows = np.arange(len(order))
    values = [100 * shares[dimension.key] for dimension in order]
    axes.barh(rows, values, height=0.65, color=HIT)
    for row, value in zip(rows.tolist(), values, strict=True):
        axes.text(value, row, f" {value:.0f} %", va="center", size=8.5)
    labels = [plain(shorten(dimension.key, 9, names - 0.2)) for dimension in order]
    axes.set_yticks(rows, labels, size=9)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[["top", "right", "bottom"]].set_visible(False)


def _draw_values(axes: Axes, dimension: Dimension, trials: Sequence[FrozenTrial]) -> None:
    results = [100 * (trial.value or 0) for trial in trials]
    places: list[Any] = [trial.params[dimension.key] for trial in trials]
    if dimension.kind == "choice":
        places = [dimension.choices.index(text) for text in places]
        room = axes.get_window_extent().width / axes.figure.dpi / len(dimension.choices)
        names = [plain(shorten(text, 8, room - 0.1)) for text in dimension.choices]
        axes.set_xticks(range(len(names)), names)
        axes.set_xlim(-0.5, len(names) - 0.5)
    elif dimension.kind == "log":
        axes.set_xscale("log")
        ticks = np.geomspace(dimension.low, dimension.high, 3).tolist()
        axes.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
    colors = [TEMPLATE if trial.user_attrs.get("template") else HIT for trial in trials]
    axes.scatter(places, results, s=18, c=colors, alpha=0.8, linewidth=0)
    axes.set_title(plain(shorten(dimension.key, 9, 2.3)), size=9, loc="left", color=GROUND_TRUTH)
    _tidy(axes)
    if dimension.kind == "int":
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _tidy(axes: Axes) -> None:
    axes.tick_params(labelsize=8)
    axes.grid(color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
