"""Bars of instances and predictions, and the looks of classes; units are those of the layout."""

import bisect
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from mmtal.structures import RecordingView
from mmtal.visualization.colors import class_color, class_hatch
from mmtal.visualization.layout import (
    MARGIN,
    MAX_NAME_WIDTH,
    WIDTH,
    Line,
    Sheet,
    plain,
    shorten,
    text_width,
)

Color = str | tuple[float, float, float, float]

LANE = 0.15
MAX_LANES = 8
TEXT_SIZE = 6.5
RIM = [withStroke(linewidth=1.8, foreground="white")]
HOLLOW = 0.06
"""Least width of hollow bars, inches: outlines on both sides and something white between."""
MIN_HATCHED = 0.05
"""Narrower bars show no pattern, only a color."""


def pack_lanes(segments: np.ndarray, *, gap: float = 0.0, max_lanes: int = 10**9) -> np.ndarray:
    """Lanes in which no two segments (N, 2) overlap, the first in the best one: int (N,).

    Neighbors are ``gap`` seconds apart; what finds no place in ``max_lanes`` goes to the last one.
    """
    lanes: list[list[tuple[float, float]]] = []
    out = np.zeros(len(segments), dtype=int)
    for index, (start, end) in enumerate(segments.tolist()):
        for lane, taken in enumerate(lanes):  # noqa: B007 - used after the loop
            at = bisect.bisect(taken, (start, end))
            free_before = at == 0 or taken[at - 1][1] + gap <= start
            free_after = at == len(taken) or end + gap <= taken[at][0]
            if free_before and free_after:
                break
        else:
            lane = len(lanes) if len(lanes) < max_lanes else max_lanes - 1
            if lane == len(lanes):
                lanes.append([])
        bisect.insort(lanes[lane], (start, end))
        out[index] = lane
    return out


def ink_on(color: Color) -> str:
    """Black or white, whichever is read better on a color that lies on white."""
    red, green, blue, alpha = to_rgba(color)
    light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2  # WCAG 2.1
    return "white" if light * alpha + 1 - alpha < 0.25 else "black"


def ink_on_class(label: int, alpha: float = 1.0) -> str:
    """:func:`ink_on` the look of a class; ``halo``, black with a white rim, on a pattern."""
    return "halo" if class_hatch(label) else ink_on((*to_rgb(class_color(label)), alpha))


def swatch(axes: Axes, x: float, y: float, label: int, size: float = 0.1) -> None:
    """A small square in the look of a class, at a place in axes whose units are inches."""
    axes.add_patch(
        Rectangle(
            (x, y - size / 2), size, size, facecolor=class_color(label),
            hatch=class_hatch(label) * 2, edgecolor="white", linewidth=0,
        )
    )  # fmt: skip


def bars(
    axes: Axes,
    segments: np.ndarray,
    y: float,
    height: float,
    colors: Sequence[Color],
    *,
    scale: float,
    hatch: str = "",
    edge: str = "white",
    linewidth: float = 0.4,
    linestyle: str | tuple[int, tuple[int, ...]] = "solid",
    least: float = 0.018,
) -> None:
    """Bars (N, 2) of one lane, from ``y`` inches on, none narrower than ``least`` inches.

    ``colors`` are one for each or one for all, ``scale`` is inches per second, and ``edge`` colors
    edges and hatch.
    """
    if not len(segments):
        return
    widths = np.maximum(segments[:, 1] - segments[:, 0], least / scale)
    starts = (segments[:, 0] + segments[:, 1] - widths) / 2
    covers = (edge == "white") & (widths * scale < 3 * least)  # nothing else would be left of them
    axes.broken_barh(
        list(zip(starts.tolist(), widths.tolist(), strict=True)), (y, height),
        facecolors=list(colors), edgecolor=edge, linewidth=np.where(covers, 0, linewidth),
        hatch=hatch, linestyle=linestyle,
    )  # fmt: skip


def class_bars(
    axes: Axes,
    segments: np.ndarray,
    labels: np.ndarray,
    y: float,
    height: float,
    scale: float,
    *,
    edge: bool = True,
    alphas: Sequence[float] | None = None,
) -> None:
    """As :func:`bars`, in the looks of their classes, opaque or each as ``alphas`` say."""
    wide = (segments[:, 1] - segments[:, 0]) * scale >= MIN_HATCHED
    width = 0.4 if edge else 0.0
    looks: dict[str, list[tuple[int, Color]]] = {}
    for row, label in enumerate(labels.tolist()):
        color = (*to_rgb(class_color(label)), 1.0 if alphas is None else alphas[row])
        looks.setdefault(class_hatch(label) if wide[row] else "", []).append((row, color))
    for hatch, own in sorted(looks.items()):
        rows, colors = zip(*own, strict=True)
        shown = segments[list(rows)]
        bars(axes, shown, y, height, colors, scale=scale, hatch=hatch * 2, linewidth=width)


def write_texts(
    axes: Axes,
    line: Line,
    segments: np.ndarray,
    y: float,
    texts: list[list[str]],
    inks: list[str],
    *,
    inside: bool = True,
) -> None:
    """Into or beside each bar (N, 2) of a lane the first of its texts that has room there.

    The lane's middle is at ``y`` inches. ``inks`` are for texts inside, see :func:`ink_on_class`;
    ``inside``: rather inside than beside.
    """
    order = np.argsort(segments[:, 0], kind="stable")
    nexts = np.append(segments[order, 0][1:], np.inf)
    overlap = np.maximum.accumulate(segments[order, 1]) > nexts
    for place, index in enumerate(order):
        start = max(float(segments[index, 0]), line.start)
        end = min(float(segments[index, 1]), line.end)
        room = (end - start) * line.scale - 0.08
        after = (min(float(nexts[place]), line.end + 0.1 / line.scale) - end) * line.scale - 0.08
        crowded = bool(overlap[place] or (place and overlap[place - 1]))
        for text in [] if crowded else texts[index]:
            width = text_width(text, TEXT_SIZE)
            if width <= room and (inside or width > after):
                halo = inks[index] == "halo"
                axes.text(
                    (start + end) / 2, y, plain(text), size=TEXT_SIZE, ha="center", va="center",
                    color="black" if halo else inks[index], path_effects=RIM if halo else None,
                )  # fmt: skip
                break
            if width <= after:
                axes.text(
                    end + 0.04 / line.scale, y, plain(text), size=TEXT_SIZE, color="0.25",
                    va="center",
                )  # fmt: skip
                break


def class_legend(sheet: Sheet, labels: Sequence[int], classes: Sequence[str]) -> None:
    """Write looks and names of the classes ``labels`` in columns, from the top of the sheet on."""
    if not labels:
        return
    size, room = 7.5, WIDTH - 2 * MARGIN
    width = min(max(text_width(classes[label], size) for label in labels), MAX_NAME_WIDTH) + 0.35
    columns = max(1, min(int(room / width), len(labels)))
    rows = -(-len(labels) // columns)
    for index, label in enumerate(labels):
        x, y = MARGIN + index // rows * width, sheet.top + (index % rows + 0.5) * 0.165
        swatch(sheet.paper, x, y, label)
        name = plain(shorten(classes[label], size, MAX_NAME_WIDTH))
        sheet.paper.text(x + 0.15, y, name, size=size, va="center")
    sheet.top += rows * 0.165 + 0.12


def instance_lanes(
    sheet: Sheet, line: Line, left: float, view: RecordingView, classes: Sequence[str]
) -> None:
    """All instances of a line in as few lanes as they need, from the top of the sheet on."""
    rows = np.flatnonzero(line.sees(view.gt_segments))
    rows = rows[np.argsort(view.gt_segments[rows, 0], kind="stable")]
    lanes = pack_lanes(view.gt_segments[rows], max_lanes=MAX_LANES)
    height = float((lanes.max(initial=0) + 1) * LANE + 0.04)
    axes = sheet.line_axes(line, left, sheet.top, height)
    axes.axis("off")
    for lane in range(lanes.max(initial=-1) + 1):
        own = rows[lanes == lane]
        labels = view.gt_labels[own]
        class_bars(axes, view.gt_segments[own], labels, lane * LANE, LANE - 0.02, line.scale)
        inks = [ink_on_class(label) for label in labels.tolist()]
        texts = [[classes[label]] for label in labels.tolist()]
        middle = lane * LANE + LANE / 2 - 0.01
        write_texts(axes, line, view.gt_segments[own], middle, texts, inks)
    sheet.top += height
