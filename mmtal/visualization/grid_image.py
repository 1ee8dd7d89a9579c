"""Draw values on the feature grid as images on an axis of time."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from mmtal.structures import FeatureGrid
from mmtal.visualization.layout import DPI, Line


def part_in_line(
    length: int, grid: FeatureGrid, stride: int, line: Line
) -> tuple[int, int, tuple[float, float]]:
    """The positions, of ``length``, that a line of time sees: first, one past the last, and span.

    Position ``i`` is that of feature ``i * stride``; its cell reaches half a step to both sides.
    The span is the seconds of the outer edges of the cells.
    """
    first = int(np.clip(np.floor(grid.to_grid(line.start) / stride + 0.5), 0, length - 1))
    last = int(np.clip(np.ceil(grid.to_grid(line.end) / stride + 0.5), first + 1, length))
    edges = [float(grid.to_seconds((at - 0.5) * stride)) for at in (first, last)]
    return first, last, (edges[0], edges[1])


def pool_extremes(values: np.ndarray, number: int) -> np.ndarray:
    """Shorten the first axis of (T, C) to ``number`` groups: of each the value furthest from 0.

    Each stands for the same share; a value on the border of two groups belongs to both.
    """
    T = len(values)
    if number >= T:
        return values
    edges = np.arange(number + 1) * T / number
    first, last = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int)
    bounds = np.stack([first, last], axis=1).ravel()[:-1]  # the last group ends with the values
    high = np.maximum.reduceat(values, bounds, axis=0)[::2]
    low = np.minimum.reduceat(values, bounds, axis=0)[::2]
    return np.where(high >= -low, high, low)


def draw_image(
    axes: Axes,
    image: np.ndarray,
    span: tuple[float, float],
    y: float,
    height: float,
    colors: str,
    limits: tuple[float, float],
) -> None:
    """An image between the seconds ``span`` and from ``y`` inches on; not finite is black."""
    keep = axes.get_xlim(), axes.get_ylim()
    axes.imshow(
        np.ma.masked_invalid(image), extent=(*span, y + height, y), aspect="auto",
        cmap=colormaps[colors].with_extremes(bad="black"), vmin=limits[0], vmax=limits[1],
        interpolation="nearest",
    )  # fmt: skip
    axes.set(xlim=keep[0], ylim=keep[1])


def draw_strip(
    axes: Axes,
    values: np.ndarray,
    grid: FeatureGrid,
    stride: int,
    line: Line,
    y: float,
    height: float,
    colors: str,
) -> None:
    """Values (T_l,) in [0, 1] of a level as a strip; a pixel shows the largest it stands for."""
    first, last, span = part_in_line(len(values), grid, stride, line)
    pixels = max(1, int((span[1] - span[0]) * line.scale * DPI))
    image = pool_extremes(values[first:last, None], pixels).T
    draw_image(axes, image, span, y, height, colors, (0.0, 1.0))
