"""What was found in a recording that nobody has annotated, over time. M detections."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mmtal.visualization.colors import class_color, class_hatch
from mmtal.visualization.timeline import format_time


class Found(Protocol):
    """What :func:`draw_predictions` needs: :class:`mmtal.apis.Detections`."""

    @property
    def video_id(self) -> str: ...
    @property
    def duration(self) -> float: ...
    @property
    def segments(self) -> np.ndarray: ...
    @property
    def scores(self) -> np.ndarray: ...
    @property
    def labels(self) -> np.ndarray: ...
    @property
    def classes(self) -> Sequence[str]: ...


def draw_predictions(found: Found, *, score_thr: float = 0.3) -> Figure:
    """One row per class that was found, in the class's colour, stronger the higher the score.

    Args:
        found: Detections of one recording.
        score_thr: Detections that score lower are not drawn; if none scores so high, the best
            tenth is drawn.
    """
    scores = found.scores
    shown = np.flatnonzero(scores >= score_thr)
    if not len(shown) and len(scores):
        score_thr = float(np.quantile(scores, 0.9))
        shown = np.flatnonzero(scores >= score_thr)
    rows = sorted(set(found.labels[shown].tolist()))
    figure = Figure(figsize=(13, 1.3 + 0.32 * max(len(rows), 1)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for index in shown[np.argsort(scores[shown])]:
        start, end = found.segments[index]
        label = int(found.labels[index])
        axes.barh(
            rows.index(label), end - start, left=start, height=0.7, color=class_color(label),
            hatch=class_hatch(label), alpha=0.25 + 0.75 * float(np.clip(scores[index], 0, 1)),
            edgecolor="white", linewidth=0.4,
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [found.classes[label] for label in rows])
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    duration = found.duration if np.isfinite(found.duration) else float(found.segments.max())
    axes.set_xlim(0, max(duration, 1e-3))
    axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 1.5, 3, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: format_time(seconds)))
    for row in range(1, len(rows)):
        axes.axhline(row - 0.5, color="0.9", linewidth=0.8, zorder=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("time (min:s)" if duration < 3600 else "time (h:min:s)")
    title = f"{found.video_id}: {len(shown)} of {len(scores)} detections, score ≥ {score_thr:.2g}"
    axes.set_title(title, loc="left")
    return figure
