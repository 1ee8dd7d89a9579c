"""Predictions against ground truth over time. N ground truth, M predictions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mmtal.files import whole_file
from mmtal.visualization.colors import GROUND_TRUTH, HIT, MISS

TIOU_OF_HIT = 0.5


def draw_timeline(
    *,
    gt_segments: np.ndarray,
    gt_labels: np.ndarray,
    pred_segments: np.ndarray,
    pred_scores: np.ndarray,
    pred_labels: np.ndarray,
    classes: Sequence[str],
    duration: float,
    title: str = "",
    score_thr: float = 0.3,
) -> Figure:
    """One row per class: instances above, predictions below, stronger the higher their score.

    A prediction is a hit where it overlaps an instance of its class, not yet taken by a
    higher-scoring one, with a tIoU of at least 0.5.

    Args:
        gt_segments: (N, 2) in seconds.
        gt_labels: (N,).
        pred_segments: (M, 2) in seconds.
        pred_scores: (M,).
        pred_labels: (M,).
        classes: Names by label.
        duration: Of the recording, in seconds.
        title: Above the picture.
        score_thr: Predictions that score lower are not drawn.
    """
    shown = np.flatnonzero(pred_scores >= score_thr)
    hit = find_hits(gt_segments, gt_labels, pred_segments, pred_scores, pred_labels)
    rows = sorted({*gt_labels.tolist(), *pred_labels[shown].tolist()})
    row_of = {label: row for row, label in enumerate(rows)}

    figure = Figure(figsize=(13, 1.5 + 0.42 * max(len(rows), 1)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for (start, end), label in zip(gt_segments, gt_labels, strict=True):
        _bar(axes, start, end, row_of[label] - 0.2, GROUND_TRUTH, 1.0)
    for index in shown[np.argsort(pred_scores[shown])]:
        start, end = pred_segments[index]
        colour = HIT if hit[index] else MISS
        strength = 0.25 + 0.75 * float(np.clip(pred_scores[index], 0, 1))
        _bar(axes, start, end, row_of[pred_labels[index]] + 0.2, colour, strength)

    axes.set_yticks(range(len(rows)), [classes[label] for label in rows])
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_xlim(0, duration)
    axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 1.5, 3, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: format_time(seconds)))
    for row in range(1, len(rows)):
        axes.axhline(row - 0.5, color="0.9", linewidth=0.8, zorder=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("time (min:s)" if duration < 3600 else "time (h:min:s)")
    axes.set_title(title, loc="left")
    handles = [
        Patch(color=GROUND_TRUTH, label=f"ground truth ({len(gt_labels)})"),
        Patch(color=HIT, label=f"prediction, tIoU ≥ {TIOU_OF_HIT} ({hit[shown].sum()})"),
        Patch(color=MISS, label=f"prediction, other ({(~hit[shown]).sum()})"),
    ]
    figure.legend(
        handles=handles,
        loc="outside lower right",
        ncols=3,
        frameon=False,
        title=f"predictions with a score of at least {score_thr:g}; paler: lower score",
        title_fontsize="small",
    )
    return figure


def find_hits(
    gt_segments: np.ndarray,
    gt_labels: np.ndarray,
    pred_segments: np.ndarray,
    pred_scores: np.ndarray,
    pred_labels: np.ndarray,
) -> np.ndarray:
    """Which predictions are hits (see :func:`draw_timeline`): bool (M,)."""
    free = np.ones(len(gt_labels), dtype=bool)
    hit = np.zeros(len(pred_labels), dtype=bool)
    for index in np.argsort(-pred_scores, kind="stable"):
        start, end = pred_segments[index]
        overlap = np.minimum(gt_segments[:, 1], end) - np.maximum(gt_segments[:, 0], start)
        overlap = np.clip(overlap, 0, None)
        union = (gt_segments[:, 1] - gt_segments[:, 0]) + (end - start) - overlap
        tiou = np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
        tiou[~free | (gt_labels != pred_labels[index])] = 0
        if len(tiou) and tiou.max() >= TIOU_OF_HIT:
            free[tiou.argmax()] = False
            hit[index] = True
    return hit


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure; the file's ending chooses the format (.png, .svg, .pdf)."""
    path = Path(path)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return path


def format_time(seconds: float) -> str:
    """75.0 -> '1:15', 4000.0 -> '1:06:40'."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _bar(axes: Axes, start: float, end: float, row: float, colour: str, strength: float) -> None:
    axes.barh(
        row, end - start, left=start, height=0.36, color=colour, alpha=strength,
        edgecolor="white", linewidth=0.4,
    )  # fmt: skip
