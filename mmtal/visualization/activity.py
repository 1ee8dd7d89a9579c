"""Draw the activity of a model's levels and its attention.

L levels, T_l positions of level l, M predictions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmtal.structures import FeatureGrid, RecordingView
from mmtal.visualization.bars import (
    LANE,
    class_bars,
    class_legend,
    ink_on_class,
    instance_lanes,
    pack_lanes,
    write_texts,
)
from mmtal.visualization.grid_image import draw_strip
from mmtal.visualization.layout import (
    AXIS_HEIGHT,
    MARGIN,
    WIDTH,
    Line,
    format_time,
    header,
    line_axes,
    lines_of_time,
    new_figure,
    place_axes,
    time_ticks,
)

GUTTER = 1.75
STRIP = 0.17
GAP = 0.06
MAX_LINES = 8
MAX_LANES = 3
LINE_GAP = 0.2
TITLE = 0.3
PROBABILITY_COLORS = "Blues"
SPREAD_COLORS = "Greens"
WEIGHT_COLORS = "Purples"


@dataclass(frozen=True)
class BlockAttention:
    """Attention of one block on one recording, mean over the heads.

    Attributes:
        name: Of the block in the model.
        stride: Level stride of its positions, in grid units.
        window: Positions seen, -1 for all.
        spread: (T,) how many positions are looked at (perplexity), as a share of those seen.
        distance: (T,) mean distance looked, weighted by attention, in grid units.
        queries: (Q,) positions whose weights are in ``maps``.
        maps: (Q, T) weights of the chosen queries; each row sums to 1.
    """

    name: str
    stride: int
    window: int
    spread: np.ndarray
    distance: np.ndarray
    queries: np.ndarray
    maps: np.ndarray


@dataclass(frozen=True)
class ModelActivity:
    """What a model did on one recording.

    Attributes:
        view: Ground truth and predictions, best score first.
        levels: int (M,), the level that made each prediction.
        level_strides: L, in grid units.
        probabilities: Per level (T_l,), of the most probable class.
        attention: Of each attention block; empty where the model has none.
        queries: Seconds of the positions whose attention is kept.
    """

    view: RecordingView
    levels: np.ndarray
    level_strides: list[int]
    probabilities: list[np.ndarray]
    attention: list[BlockAttention]
    queries: list[float]


def draw_activity(
    activity: ModelActivity, grid: FeatureGrid, classes: Sequence[str], *, score_thr: float = 0.3
) -> Figure:
    """Levels over time below the ground truth, then attention over time, then chosen positions.

    Args:
        activity: What the model did.
        grid: Where the features lie in time.
        classes: Names by label.
        score_thr: Predictions that score lower are not drawn.
    """
    view = activity.view
    shown = np.flatnonzero(view.pred_scores >= score_thr)
    segments = np.concatenate([view.gt_segments, view.pred_segments[shown]])
    width = WIDTH - 2 * MARGIN - GUTTER - 0.25
    lines = lines_of_time(view.duration, width, segments, max_lines=MAX_LINES)
    notes = [
        f"{format_time(view.duration)}; {len(shown)} predictions that score at least {score_thr:g} "
        f"(of {len(view.pred_scores)}), each below the level that made it"
        + (f"; {len(lines)} lines of {format_time(lines[0].end)}" if len(lines) > 1 else ""),
        "blue: probability of the most probable class, from 0 (white) to 1",
    ]
    if activity.attention:
        notes.append(
            "green: attention blocks, with the positions that each sees and their step in "
            "features: how many of these it looks at (perplexity, mean over heads), none to all; "
            "beside its name, how far away it looks on average"
        )
    labels = sorted({*view.gt_labels.tolist(), *view.pred_labels[shown].tolist()})
    top = header(None, view.video_id, notes, [])
    legend = class_legend(None, top, labels, classes)
    parts = [_Line(activity, grid, classes, line, shown) for line in lines]
    panels = _query_panels(activity, grid, classes, width)
    height = top + legend + sum(part.height + AXIS_HEIGHT + LINE_GAP for part in parts)
    height += sum(panel.height for panel in panels) + MARGIN
    figure = new_figure(WIDTH, height)
    header(figure, view.video_id, notes, [])
    class_legend(figure, top, labels, classes)
    top += legend
    for part in parts:
        part.draw(figure, top)
        top += part.height + AXIS_HEIGHT + LINE_GAP
    for panel in panels:
        panel.draw(figure, top)
        top += panel.height
    return figure


class _Line:
    """One line of time: ground truth, levels with their predictions, attention blocks."""

    def __init__(
        self,
        activity: ModelActivity,
        grid: FeatureGrid,
        classes: Sequence[str],
        line: Line,
        shown: np.ndarray,
    ) -> None:
        self.activity, self.grid, self.classes, self.line = activity, grid, classes, line
        view = activity.view
        self.truth = instance_lanes(None, line, 0, 0, view, classes)
        self.rows, self.lanes = [], []
        for level in range(len(activity.level_strides)):
            own = shown[activity.levels[shown] == level]
            own = own[line.sees(view.pred_segments[own])]
            self.rows.append(own)
            self.lanes.append(
                pack_lanes(view.pred_segments[own], gap=0.03 / line.scale, max_lanes=MAX_LANES)
            )
        self.level_heights = [
            STRIP + (lanes.max(initial=-1) + 1) * LANE + GAP for lanes in self.lanes
        ]
        self.height = self.truth + GAP + sum(self.level_heights)
        self.height += len(activity.attention) * (STRIP - 0.03) + GAP

    def draw(self, figure: Figure, top: float) -> None:
        left, line, activity = MARGIN + GUTTER, self.line, self.activity
        names = _names(figure, top, self.height)
        names.text(0, self.truth / 2, "ground truth", size=8, va="center")
        instance_lanes(figure, line, left, top, activity.view, self.classes)
        body = self.height - self.truth - GAP
        axes = line_axes(figure, line, left, top + self.truth + GAP, body)
        y = 0.0
        for level, stride in enumerate(activity.level_strides):
            step = stride * self.grid.feature_stride / self.grid.fps
            text = f"level {level}: one every {step:.3g} s"
            names.text(0, self.truth + GAP + y + STRIP / 2, text, size=8, va="center")
            values = activity.probabilities[level]
            draw_strip(axes, values, self.grid, stride, line, y, STRIP, PROBABILITY_COLORS)
            self._draw_predictions(axes, level, y + STRIP + 0.01)
            y += self.level_heights[level]
        y += GAP
        for block in activity.attention:
            away = block.distance.mean() * self.grid.feature_stride / self.grid.fps
            text = f"{_block_name(block)}; {away:.2g} s"
            names.text(0, self.truth + GAP + y + STRIP / 2, text, size=7, va="center")
            draw_strip(
                axes, block.spread, self.grid, block.stride, line, y, STRIP - 0.05, SPREAD_COLORS
            )
            y += STRIP - 0.03
        time_ticks(axes, line, grid=False)

    def _draw_predictions(self, axes: Axes, level: int, y: float) -> None:
        view, rows, lanes = self.activity.view, self.rows[level], self.lanes[level]
        for lane in range(lanes.max(initial=-1) + 1):
            own = rows[lanes == lane]
            labels, segments = view.pred_labels[own], view.pred_segments[own]
            place = y + lane * LANE
            class_bars(axes, segments, labels, place, LANE - 0.03, self.line.scale)
            inks = [ink_on_class(label) for label in labels.tolist()]
            texts = [[f"{score:.2f}"] for score in view.pred_scores[own]]
            write_texts(axes, self.line, segments, place + LANE / 2 - 0.01, texts, inks)


@dataclass(frozen=True)
class _QueryPanel:
    """The attention of all blocks at one time."""

    activity: ModelActivity
    grid: FeatureGrid
    classes: Sequence[str]
    index: int
    line: Line

    @property
    def truth(self) -> float:
        return TITLE + instance_lanes(None, self.line, 0, 0, self.activity.view, self.classes)

    @property
    def height(self) -> float:
        return self.truth + len(self.activity.attention) * STRIP + AXIS_HEIGHT + 0.1

    def draw(self, figure: Figure, top: float) -> None:
        blocks, time = self.activity.attention, self.activity.queries[self.index]
        height = len(blocks) * STRIP
        names = _names(figure, top, self.truth + height)
        text = (
            f"attention at {format_time(time, 0.1)}, mean over heads, relative to each block's peak"
        )
        names.text(0, TITLE - 0.12, text, size=9, weight="bold", va="center")
        left, view = MARGIN + GUTTER, self.activity.view
        names.text(0, (TITLE + self.truth) / 2, "ground truth", size=8, va="center")
        instance_lanes(figure, self.line, left, top + TITLE, view, self.classes)
        axes = line_axes(figure, self.line, left, top + self.truth, height)
        for row, block in enumerate(blocks):
            names.text(0, self.truth + (row + 0.5) * STRIP, _block_name(block), size=7, va="center")
            weights = block.maps[self.index]
            draw_strip(
                axes, weights / weights.max(), self.grid, block.stride, self.line, row * STRIP,
                STRIP - 0.02, WEIGHT_COLORS,
            )  # fmt: skip
        axes.axvline(time, color="black", linewidth=0.8)
        time_ticks(axes, self.line, grid=False)


def _query_panels(
    activity: ModelActivity, grid: FeatureGrid, classes: Sequence[str], width: float
) -> list[_QueryPanel]:
    if not activity.attention:
        return []
    panels = []
    for index, time in enumerate(activity.queries):
        is_global = any(block.window == -1 for block in activity.attention)
        reaches = [(block.window // 2 + 0.6) * block.stride for block in activity.attention]
        reach = max(reaches) * grid.feature_stride / grid.fps
        start = 0.0 if is_global else max(0.0, time - reach)
        end = activity.view.duration if is_global else min(activity.view.duration, time + reach)
        panels.append(
            _QueryPanel(activity, grid, classes, index, Line(start, end, width / (end - start)))
        )
    return panels


def _names(figure: Figure, top: float, height: float) -> Axes:
    axes = place_axes(figure, MARGIN, top, GUTTER, height)
    axes.set(xlim=(0, GUTTER), ylim=(height, 0))
    axes.axis("off")
    return axes


def _block_name(block: BlockAttention) -> str:
    """'backbone.branch.0.attn' -> 'branch.0: 9, step 2'."""
    name = block.name.removeprefix("backbone.").removesuffix(".attn")
    seen = "all" if block.window == -1 else block.window
    return f"{name}: {seen}, step {block.stride}"
