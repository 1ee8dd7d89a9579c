"""The segmentation of a recording as a colored bar, the truth above the prediction."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from mmtal.structures import RecordingView
from mmtal.utils.wording import counted
from mmtal.visualization.bars import class_bars, class_legend
from mmtal.visualization.colors import BACKGROUND, GROUND_TRUTH
from mmtal.visualization.layout import (
    AXIS_HEIGHT,
    MARGIN,
    WIDTH,
    Sheet,
    format_time,
    lines_of_time,
    time_ticks,
)

BAR = 0.3
TICKS = 0.08
"""Inches between the bars and the middle of the gap, where ticks stand at their boundaries."""
GUTTER = 0.85
LINE_GAP = 0.2
MAX_LINES = 4
NAMES = ("truth", "prediction")


def draw_frame_bars(
    view: RecordingView, classes: Sequence[str], *, notes: Sequence[str] = ()
) -> Figure:
    """One bar for the truth and one for the prediction, in the colors of their classes.

    Gray is background; ticks between the bars stand at the boundaries of either. Where instances
    overlap, the shorter one is seen.

    Args:
        view: The recording; its predictions are all drawn.
        classes: Names by label.
        notes: What is written below the title, besides the duration.
    """
    found = counted(len(view.pred_labels), "predicted segment")
    first = f"{format_time(view.duration)}; {counted(len(view.gt_labels), 'segment')}, {found}"
    sheet = Sheet(view.video_id, [first, *notes])
    sheet.top += 0.06
    labels = sorted({*view.gt_labels.tolist(), *view.pred_labels.tolist()})
    class_legend(sheet, labels, classes)
    everything = np.concatenate([view.gt_segments, view.pred_segments])
    width = WIDTH - 2 * MARGIN - GUTTER - 0.2
    rows = (
        (0.0, BAR, view.gt_segments, view.gt_labels),
        (BAR + 2 * TICKS, BAR + TICKS, view.pred_segments, view.pred_labels),
    )
    for line in lines_of_time(view.duration, width, everything, max_lines=MAX_LINES):
        axes = sheet.line_axes(line, MARGIN + GUTTER, sheet.top, 2 * (BAR + TICKS))
        axes.spines["left"].set_visible(False)
        for name, (y, ticks, segments, own) in zip(NAMES, rows, strict=True):
            middle = sheet.top + y + BAR / 2
            sheet.paper.text(MARGIN, middle, name, size=8, va="center")
            axes.broken_barh([(line.start, line.end - line.start)], (y, BAR), facecolor=BACKGROUND)
            order = np.argsort(segments[:, 0] - segments[:, 1], kind="stable")
            order = order[line.sees(segments[order])]
            class_bars(axes, segments[order], own[order], y, BAR, line.scale)
            bounds = np.unique(segments[order])
            axes.vlines(bounds, ticks, ticks + TICKS, color=GROUND_TRUTH, linewidth=0.8)
        time_ticks(axes, line, grid=False)
        sheet.top += 2 * (BAR + TICKS) + AXIS_HEIGHT + LINE_GAP
    return sheet.finish(sheet.top + MARGIN - LINE_GAP)
