"""Draw features as a heat-map below the instances. T features of C channels."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from mmtal.structures import FeatureGrid, RecordingView
from mmtal.visualization.bars import class_legend, instance_lanes
from mmtal.visualization.grid_image import draw_image, part_in_line, pool_extremes
from mmtal.visualization.layout import (
    AXIS_HEIGHT,
    DPI,
    MARGIN,
    WIDTH,
    Line,
    Sheet,
    count_lines,
    format_time,
    lines_of_time,
    time_ticks,
)

MAX_LINES = 8
GUTTER = 0.65
STATISTICS_OF = 4096
"""Features, spread evenly, that median and spread of the channels are taken from."""
LINE_GAP = 0.15
COLORS = "RdBu_r"


def draw_features(
    features: np.ndarray, grid: FeatureGrid, view: RecordingView, classes: Sequence[str]
) -> Figure:
    """Each channel of (T, C) relative to its median and spread, above it the instances.

    Where a pixel stands for several features or channels, it shows the value that is furthest
    from the median, so that nothing short is lost and nothing regular makes false patterns.
    """
    _, C = features.shape
    lines = lines_of_time(
        view.duration, WIDTH - 2 * MARGIN - GUTTER - 0.2, view.gt_segments, max_lines=MAX_LINES
    )
    labels = sorted(set(view.gt_labels.tolist()))
    heat = float(np.clip(0.03 * C, 0.6 if C > 1 else 0.3, 3.0))
    rows = min(C, int(heat * DPI))
    scale = robust_scale(features)
    images = [_image_of_line(features, grid, line, rows, scale) for line in lines]
    limit = max(1.0, float(np.nanquantile(np.concatenate([abs(i) for i, _ in images], 1), 0.98)))
    notes = [
        f"{format_time(view.duration)}, {len(features)} features of {C} channels, one every "
        f"{grid.feature_stride / grid.fps:.3g} s" + count_lines(lines),
        "color: distance from the channel's median in robust standard deviations, "
        f"from {-limit:.1f} (blue) over 0 (white) to {limit:.1f} (red)"
        + (f"; black: not finite ({n})" if (n := _count_broken(features)) else ""),
    ]
    if rows < C or len(features) > images[0][0].shape[1] * len(lines):
        notes.append("a pixel shows the value furthest from the median of those that it stands for")
    sheet = Sheet(view.video_id, notes)
    class_legend(sheet, labels, classes)
    for line, (image, span) in zip(lines, images, strict=True):
        instance_lanes(sheet, line, MARGIN + GUTTER, view, classes)
        axes = sheet.line_axes(line, MARGIN + GUTTER, sheet.top, heat)
        draw_image(axes, image, span, 0, heat, COLORS, (-limit, limit))
        time_ticks(axes, line, grid=False)
        _channel_axis(sheet, heat, C)
        sheet.top += heat + AXIS_HEIGHT + LINE_GAP
    return sheet.finish(sheet.top + MARGIN)


def _image_of_line(
    features: np.ndarray,
    grid: FeatureGrid,
    line: Line,
    rows: int,
    scale: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, tuple[float, float]]:
    """Pooled values (rows, columns) of a line, and the seconds at their left and right edge."""
    first, last, span = part_in_line(len(features), grid, 1, line)
    center, spread = scale
    values = (features[first:last].astype(np.float32) - center) / spread
    columns = int((span[1] - span[0]) * line.scale * DPI) + 1
    return pool_extremes(pool_extremes(values, columns).T, rows), span


def _count_broken(features: np.ndarray) -> int:
    parts = (features[i : i + STATISTICS_OF] for i in range(0, len(features), STATISTICS_OF))
    return sum(int((~np.isfinite(part)).sum()) for part in parts)


def robust_scale(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and spread of each channel, (C,) each; the spread is 1 where a channel is constant.

    The spread is that of a normal distribution with the channel's quartiles; where these are
    equal, as with a signal that is mostly 0, the standard deviation.
    """
    rows = np.linspace(0, len(features) - 1, min(len(features), STATISTICS_OF)).round().astype(int)
    sample = features[rows].astype(np.float64)
    sample = np.where(np.isfinite(sample), sample, np.nan)
    some = np.isfinite(sample).any(axis=0)
    sample[:, ~some] = 0
    low, center, high = np.nanquantile(sample, (0.25, 0.5, 0.75), axis=0)
    spread = (high - low) / 1.349
    spread = np.where(spread > 0, spread, np.nanstd(sample, axis=0))
    return center.astype(np.float32), np.where(spread > 0, spread, 1.0).astype(np.float32)


def _channel_axis(sheet: Sheet, height: float, channels: int) -> None:
    shown = sorted({0, channels - 1}) if height < 1 else [0, channels // 2, channels - 1]
    right = MARGIN + GUTTER - 0.06
    for channel in shown:
        y = sheet.top + (channel + 0.5) * height / channels
        sheet.paper.text(right, y, str(channel), size=7.5, ha="right", va="center")
    x, y = MARGIN + 0.08, sheet.top + height / 2
    sheet.paper.text(x, y, "channel", size=8, rotation=90, ha="center", va="center")
