"""Draw the activity of a model's levels and its attention.

L levels, T_l positions of level l, M predictions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    Sheet,
    count_lines,
    format_time,
    lines_of_time,
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
    """Levels over time below the ground truth, then attention over time, then chosen positions."""
    view = activity.view
    shown = view.shown(score_thr)
    segments = np.concatenate([view.gt_segments, view.pred_segments[shown]])
    width = WIDTH - 2 * MARGIN - GUTTER - 0.25
    lines = lines_of_time(view.duration, width, segments, max_lines=MAX_LINES)
    notes = [
        f"{format_time(view.duration)}; {len(shown)} predictions that score at least {score_thr:g} "
        f"(of {len(view.pred_scores)}), each below the level that made it" + count_lines(lines),
        "blue: probability of the most probable class, from 0 (white) to 1",
    ]
    if activity.attention:
        notes.append(
            "green: attention blocks, with the positions that each sees and their step in "
            "features: how many of these it looks at (perplexity, mean over heads), none to all; "
            "beside its name, how far away it looks on average"
        )
    labels = sorted({*view.gt_labels.tolist(), *view.pred_labels[shown].tolist()})
    sheet = Sheet(view.video_id, notes)
    class_legend(sheet, labels, classes)
    picture = _Picture(sheet, activity, grid, classes)
    for line in lines:
        picture.draw_line(line, shown)
    for index in range(len(activity.queries) if activity.attention else 0):
        picture.draw_query(index, width)
    return sheet.finish(sheet.top + MARGIN)


@dataclass(frozen=True)
class _Picture:
    sheet: Sheet
    activity: ModelActivity
    grid: FeatureGrid
    classes: Sequence[str]

    def draw_line(self, line: Line, shown: np.ndarray) -> None:
        """One line of time: ground truth, levels with their predictions, attention blocks."""
        sheet, activity, step = self.sheet, self.activity, self.grid.feature_stride / self.grid.fps
        segments = activity.view.pred_segments
        self._draw_truth(line)
        sheet.top += GAP
        rows, lanes, heights = [], [], []
        for level in range(len(activity.level_strides)):
            own = shown[activity.levels[shown] == level]
            rows.append(own[line.sees(segments[own])])
            gap = 0.03 / line.scale
            lanes.append(pack_lanes(segments[rows[-1]], gap=gap, max_lanes=MAX_LANES))
            heights.append(STRIP + (lanes[-1].max(initial=-1) + 1) * LANE + GAP)
        height = sum(heights) + len(activity.attention) * (STRIP - 0.03) + GAP
        axes = sheet.line_axes(line, MARGIN + GUTTER, sheet.top, height)
        y = 0.0
        for level, stride in enumerate(activity.level_strides):
            self._name(f"level {level}: one every {stride * step:.3g} s", y + STRIP / 2)
            values = activity.probabilities[level]
            draw_strip(axes, values, self.grid, stride, line, y, STRIP, PROBABILITY_COLORS)
            self._draw_predictions(axes, line, rows[level], lanes[level], y + STRIP + 0.01)
            y += heights[level]
        y += GAP
        for block in activity.attention:
            away = block.distance.mean() * step
            self._name(f"{_block_name(block)}; {away:.2g} s", y + STRIP / 2, size=7)
            draw_strip(
                axes, block.spread, self.grid, block.stride, line, y, STRIP - 0.05, SPREAD_COLORS
            )
            y += STRIP - 0.03
        time_ticks(axes, line, grid=False)
        sheet.top += height + AXIS_HEIGHT + LINE_GAP

    def draw_query(self, index: int, width: float) -> None:
        """The attention of all blocks at one time."""
        blocks, time = self.activity.attention, self.activity.queries[index]
        start, end = 0.0, self.activity.view.duration
        if all(block.window != -1 for block in blocks):
            reach = max((block.window // 2 + 0.6) * block.stride for block in blocks)
            reach *= self.grid.feature_stride / self.grid.fps
            start, end = max(0.0, time - reach), min(end, time + reach)
        line = Line(start, end, width / (end - start))
        self._name(
            f"attention at {format_time(time, 0.1)}, mean over heads, relative to each block's "
            "peak", TITLE - 0.12, size=9, weight="bold",
        )  # fmt: skip
        self.sheet.top += TITLE
        self._draw_truth(line)
        height = len(blocks) * STRIP
        axes = self.sheet.line_axes(line, MARGIN + GUTTER, self.sheet.top, height)
        for row, block in enumerate(blocks):
            self._name(_block_name(block), (row + 0.5) * STRIP, size=7)
            weights = block.maps[index]
            draw_strip(
                axes, weights / weights.max(), self.grid, block.stride, line, row * STRIP,
                STRIP - 0.02, WEIGHT_COLORS,
            )  # fmt: skip
        axes.axvline(time, color="black", linewidth=0.8)
        time_ticks(axes, line, grid=False)
        self.sheet.top += height + AXIS_HEIGHT + 0.1

    def _draw_truth(self, line: Line) -> None:
        top = self.sheet.top
        instance_lanes(self.sheet, line, MARGIN + GUTTER, self.activity.view, self.classes)
        self._name("ground truth", (top - self.sheet.top) / 2)

    def _name(self, text: str, y: float, **looks: Any) -> None:
        """Write beside a row, ``y`` below the top of the sheet's next part."""
        self.sheet.paper.text(MARGIN, self.sheet.top + y, text, va="center", **{"size": 8, **looks})

    def _draw_predictions(
        self, axes: Axes, line: Line, rows: np.ndarray, lanes: np.ndarray, y: float
    ) -> None:
        view = self.activity.view
        for lane in range(lanes.max(initial=-1) + 1):
            own = rows[lanes == lane]
            labels, segments = view.pred_labels[own], view.pred_segments[own]
            place = y + lane * LANE
            class_bars(axes, segments, labels, place, LANE - 0.03, line.scale)
            inks = [ink_on_class(label) for label in labels.tolist()]
            texts = [[f"{score:.2f}"] for score in view.pred_scores[own]]
            write_texts(axes, line, segments, place + LANE / 2 - 0.01, texts, inks)


def _block_name(block: BlockAttention) -> str:
    """'backbone.branch.0.attn' -> 'branch.0: 9, step 2'."""
    name = block.name.removeprefix("backbone.").removesuffix(".attn")
    seen = "all" if block.window == -1 else block.window
    return f"{name}: {seen}, step {block.stride}"
