"""Figures of the report. They show shares in percent."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from mmtal.error_analysis.analysis import ErrorAnalysis
from mmtal.error_analysis.errors import CAUSES, ERROR_TYPES, OUTCOMES
from mmtal.error_analysis.one_threshold import PrecisionRecall
from mmtal.visualization.bars import RIM
from mmtal.visualization.colors import BACKGROUND, BASE, HIT, MISS
from mmtal.visualization.layout import plain

OUTCOME_COLORS = (HIT, "#56B4E9", "#E69F00", "#D55E00", "#CC79A7", "#999999")
MAX_MATRIX = 25
"""Classes in the picture of confusions; more could not be read."""
CURVE_POINTS = 60


def impact_figure(analysis: ErrorAnalysis) -> Figure:
    """What mAP would gain, by perfect part and by type of error."""
    missed, false = analysis.false_negatives.gain, analysis.false_positives.gain
    word = analysis.in_words
    groups = {
        "if one part were perfect": (HIT, [(word(o.name), o.gain[0]) for o in analysis.oracles]),
        "if instances missed for this reason were found": (
            "#009E73", list(zip(map(analysis.in_words, CAUSES), missed[:-1, 0], strict=True))
        ),
        "if false positives of this type were not made": (
            MISS, list(zip(ERROR_TYPES, false[:, 0], strict=True))
        ),
    }  # fmt: skip
    figure = _figure(9.5, 5.2)
    axes = figure.subplots()
    row, ticks, names, most = 0.0, [], [], 0.0
    for title, (color, gains) in groups.items():
        axes.text(0, row, title, va="center", fontsize=9, fontweight="bold")
        for name, gain in sorted(gains, key=lambda item: -item[1]):
            row, most = row + 1, max(most, gain)
            axes.barh(row, 100 * gain, color=color, height=0.75)
            axes.text(100 * max(gain, 0), row, f" {100 * gain:+.1f}", va="center", fontsize=9)
            ticks.append(row)
            names.append(name)
        row += 1.2
    axes.set_yticks(ticks, names)
    left = min(0, axes.get_xlim()[0])
    axes.set(ylim=(row - 0.5, -0.7), xlim=(left, max(100 * most * 1.1, 1)))
    axes.set_xlabel("gain in mAP (points)")
    _clean(axes, "x")
    return figure


def false_positive_figure(analysis: ErrorAnalysis) -> Figure:
    """DETAD's false-positive profile, and the impact of the types of error."""
    part = analysis.false_positives
    figure = _figure(11, 4)
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    profile = 100 * np.nan_to_num(part.profile)
    bottom = np.zeros(len(profile))
    for kind, (name, color) in enumerate(zip(OUTCOMES, OUTCOME_COLORS, strict=True)):
        left.bar(range(len(profile)), profile[:, kind], bottom=bottom, color=color, label=name)
        for x, (height, low) in enumerate(zip(profile[:, kind], bottom, strict=True)):
            if height >= 6:
                dark = color in (HIT, MISS)
                left.text(
                    x, low + height / 2, f"{height:.0f}", ha="center", va="center", fontsize=8,
                    color="white" if dark else "black",
                )  # fmt: skip
        bottom += profile[:, kind]
    left.set_xticks(range(len(profile)), [f"{g}G" for g in range(1, len(profile) + 1)])
    left.set_xlabel("best detections of each class, G (its instances) at a time")
    left.set(ylabel="% of detections", ylim=(0, 100))
    figure.legend(
        *left.get_legend_handles_labels(), loc="outside upper left", ncols=6, frameon=False
    )
    _clean(left, "y")
    _labeled_bars(right, 100 * part.gain[:, 1], OUTCOME_COLORS[1:], "+.1f")
    names = [name.replace(" ", "\n") for name in ERROR_TYPES]
    right.set_xticks(range(len(names)), names, fontsize=8)
    right.set_ylabel("gain in average-mAP_N (points)")
    right.set_title("if such errors were not made", fontsize=10)
    return figure


def sensitivity_figure(analysis: ErrorAnalysis) -> Figure:
    """average-mAP_N of each bucket against that of all, and the spread of each characteristic."""
    figure = _figure(12, 4.4)
    left, right = figure.subplots(1, 2, width_ratios=[4, 1.2])
    base = 100 * analysis.scores[1]
    _bucket_bars(left, analysis, lambda part: part.map_n, base, "average-mAP_N (%)")
    right.axhline(1, color="0.2", linestyle="--", linewidth=1)
    for x, part in enumerate(analysis.sensitivity):
        if not base or np.isnan(part.map_n).all():
            continue
        low, high = (100 * bound(part.map_n) / base for bound in (np.nanmin, np.nanmax))
        color = BASE[x % len(BASE)]
        right.plot([x, x], [low, high], color=color, linewidth=7, solid_capstyle="butt")
        for value, side in ((low, "top"), (high, "bottom")):
            right.text(x, value, f"{value:.2f}", ha="center", va=side, fontsize=8)
    names = [part.characteristic.name.replace(" ", "\n") for part in analysis.sensitivity]
    right.set_xticks(range(len(names)), names, fontsize=8, rotation=90)
    right.set_xlim(-0.7, len(names) - 0.3)
    right.set_ylabel("lowest to highest, relative to all")
    right.margins(y=0.15)
    _clean(right, "y")
    return figure


def false_negative_figure(analysis: ErrorAnalysis) -> Figure:
    """Share of missed instances in each bucket, and the causes."""
    figure = _figure(12, 4.4)
    left, right = figure.subplots(1, 2, width_ratios=[4, 1.2])
    part = analysis.false_negatives
    rate = 100 * part.rate
    _bucket_bars(left, analysis, lambda part: part.missed, rate, "missed instances (%)")
    _labeled_bars(right, 100 * part.counts / len(analysis.matches.truth), "#009E73", ".1f")
    right.set_xticks(range(len(CAUSES)), map(analysis.in_words, CAUSES), rotation=90, fontsize=9)
    right.set_ylabel("% of all instances")
    right.set_title("missed because", fontsize=10)
    return figure


def _labeled_bars(axes: Axes, values: np.ndarray, color: Any, form: str) -> None:
    bars = axes.bar(range(len(values)), values, color=color)
    axes.bar_label(bars, [f"{value:{form}}" for value in values], fontsize=9)
    axes.margins(y=0.15)
    _clean(axes, "y")


def confusion_figure(analysis: ErrorAnalysis) -> Figure:
    """The classes with the most confusions, background and missed."""
    matrix, names = analysis.confusion, analysis.present
    number = len(names)
    chosen = np.arange(number)
    if number > MAX_MATRIX:
        errors = matrix[:-1, :-1].sum(axis=1) + matrix[:-1, :-1].sum(axis=0)
        errors -= 2 * matrix.diagonal()[:-1]
        chosen = np.sort(np.argsort(-errors, kind="stable")[:MAX_MATRIX])
    shown = matrix[np.ix_([*chosen, number], [*chosen, number])]
    size = len(shown)
    figure = _figure(4 + 0.36 * size, 2.6 + 0.33 * size)
    axes = figure.subplots()
    off = shown.astype(float)
    off[off == 0] = np.nan
    axes.imshow(
        off, cmap="Blues", aspect="auto", norm=LogNorm(1, max(np.nanmax(off, initial=1), 2) * 2)
    )
    for row, column in np.argwhere(shown > 0):
        value = shown[row, column]
        axes.text(
            column, row, str(value), ha="center", va="center", fontsize=7,
            color="white" if value > np.nanmax(off) ** 0.75 else "black",
            fontweight="bold" if row == column else None,
        )  # fmt: skip
    axes.set_xticks(
        range(size), [*(_short(names[c]) for c in chosen), "(missed)"], rotation=90, fontsize=8
    )
    axes.set_yticks(range(size), [*(_short(names[c]) for c in chosen), "(background)"], fontsize=8)
    for line in (axes.axhline, axes.axvline):
        line(size - 1.5, color="0.4", linewidth=0.8)
    axes.set_ylabel("instances of")
    axes.set_xlabel("detected as")
    return figure


def calibration_figure(analysis: ErrorAnalysis) -> Figure:
    """Reliability diagram, with the number of detections below."""
    part = analysis.calibration
    figure = _figure(5.5, 5)
    top, bottom = figure.subplots(2, 1, height_ratios=[3, 1], sharex=True)
    width = np.diff(part.edges)
    middle = part.edges[:-1] + width / 2
    top.bar(middle, 100 * np.nan_to_num(part.precision), width=0.92 * width, color=HIT)
    if not np.isnan(part.ece):
        top.plot([0, 1], [0, 100], color="0.2", linestyle="--", linewidth=1)
        top.annotate("score = precision", (0.86, 90), ha="right", va="bottom", fontsize=8)
        top.set_title(f"expected calibration error {100 * part.ece:.1f} %", fontsize=10)
    if not np.isnan(part.best_score):
        for axes in (top, bottom):
            axes.axvline(part.best_score, color=MISS, linewidth=1.2)
        top.annotate(
            f" best F1 from {part.best_score:.3g}", (part.best_score, 0.8),
            xycoords=("data", "axes fraction"), color=MISS, fontsize=8,
        )  # fmt: skip
    top.set_ylim(0, 100)
    top.set_ylabel(f"precision at {analysis.curve_at} (%)")
    bottom.bar(middle, part.counts, width=0.92 * width, color="#999999")
    bottom.set_yscale("symlog")
    bottom.set_ylabel("detections")
    bottom.set_xlabel("score")
    for axes in (top, bottom):
        _clean(axes, "y")
    return figure


def curve_figure(analysis: ErrorAnalysis) -> Figure:
    """One small precision-recall curve for each class, the best first."""
    curves = sorted(analysis.curves, key=lambda curve: -curve.ap)
    columns = 5 if len(curves) <= 30 else 8
    columns = min(columns, max(len(curves), 1))
    rows = -(-max(len(curves), 1) // columns)
    figure = _figure(12 * columns / (5 if columns <= 5 else 8), 0.6 + 1.35 * rows)
    axes = figure.subplots()
    # All in one pair of axes: a hundred of them would take many seconds to lay out.
    for index, curve in enumerate(curves):
        _curve(axes, curve, analysis.classes[curve.label], index % columns, index // columns)
    axes.set_xlim(-0.05, columns * 1.15)
    axes.set_ylim(rows * 1.45 - 0.05, -0.3)
    axes.axis("off")
    return figure


def _curve(axes: Axes, curve: PrecisionRecall, name: str, column: int, row: int) -> None:
    left, base = column * 1.15, row * 1.45 + 1  # precision upwards from the base
    axes.plot([left, left, left + 1], [base - 1, base, base], color="0.6", linewidth=0.8)
    axes.plot([left, left + 1], [base - 1, base - 1], color="0.9", linewidth=0.8)
    axes.plot([left + 1, left + 1], [base - 1, base], color="0.9", linewidth=0.8)
    if len(curve.recall):
        # Steps that no reader can tell apart are left out.
        rows = np.unique(np.linspace(0, len(curve.recall) - 1, CURVE_POINTS).round().astype(int))
        recall = np.concatenate([[0], curve.recall[rows]])
        precision = np.concatenate([curve.precision[rows], curve.precision[rows[-1:]]])
        axes.fill_between(
            left + recall, base - precision, base, step="post", color=HIT, alpha=0.25, linewidth=0
        )
        axes.step(left + recall, base - precision, where="post", color=HIT, linewidth=1.2)
    axes.text(left, base - 1.06, _short(name, 20), fontsize=8, va="bottom")
    axes.text(
        left + 0.97, base - 0.93, f"AP {100 * curve.ap:.1f}\n{curve.num_truth} inst.", fontsize=7,
        ha="right", va="top", color="0.3",
    )  # fmt: skip


def _bucket_bars(
    axes: Axes, analysis: ErrorAnalysis, values: Callable[..., np.ndarray], level: float, name: str
) -> None:
    """Bars for each bucket of each characteristic, and a line at the figure of everything."""
    x, ticks, names = 0, [], []
    for index, part in enumerate(analysis.sensitivity):
        item, heights = part.characteristic, 100 * values(part)
        first = x
        for bucket, size in enumerate(item.buckets):
            if not item.counts[bucket]:
                continue
            few = item.counts[bucket] < 10
            axes.bar(
                x, heights[bucket], width=0.85, alpha=0.45 if few else 1,
                color=BASE[index % len(BASE)],
            )  # fmt: skip
            axes.text(
                x, heights[bucket], f"{heights[bucket]:.1f}", ha="center", va="bottom",
                fontsize=8, path_effects=RIM,
            )  # fmt: skip
            limits = item.limits(bucket)
            label = size if limits == size else f"{size}: {limits}"
            ticks.append(x)
            names.append(f"{label} ({item.counts[bucket]})")
            x += 1
        axes.annotate(
            item.name, ((first + x - 1) / 2, 1.02), xycoords=("data", "axes fraction"),
            ha="center", fontsize=10,
        )  # fmt: skip
        x += 1
        if index < len(analysis.sensitivity) - 1:
            axes.axvline(x - 1, color="0.7", linestyle=":", linewidth=1)
    axes.set_xticks(ticks, names, rotation=90, fontsize=8)
    axes.set(xlabel="bucket (instances)", ylabel=name)
    highest = max((100 * np.nanmax(values(part)) for part in analysis.sensitivity), default=0)
    axes.set_ylim(0, min(105, max(1.3 * highest, 1)))
    _clean(axes, "y")
    axes.axhline(level, color="0.2", linestyle="--", linewidth=1, zorder=2)
    axes.annotate(
        f" all\n {level:.1f}", (1, level), xycoords=("axes fraction", "data"), va="center",
        fontsize=9, annotation_clip=False,
    )  # fmt: skip


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _clean(axes: Axes, grid: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, color=BACKGROUND, linewidth=0.7)  # type: ignore[arg-type]
    axes.set_axisbelow(True)


def _short(name: str, length: int = 28) -> str:
    return plain(name if len(name) <= length else f"{name[: length - 1]}…")
