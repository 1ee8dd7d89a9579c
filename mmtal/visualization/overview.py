"""Draw an overview of a data set: a strip for each recording, figures for each class."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmtal.structures import RecordingView
from mmtal.utils.wording import counted
from mmtal.visualization.bars import class_bars, swatch
from mmtal.visualization.colors import GROUND_TRUTH, MISS, class_color
from mmtal.visualization.layout import (
    AXIS_HEIGHT,
    MARGIN,
    MAX_NAME_WIDTH,
    WIDTH,
    Line,
    Sheet,
    format_time,
    plain,
    shorten,
    text_width,
    time_ticks,
)

MAX_STRIPS = 300
MAX_CLASSES = 300
STRIPS_PER_COLUMN = 100
STRIP = 0.15
ROW = 0.19
NAME_SIZE = 8.0
STRIP_NAME_SIZE = 6.5
Entry = tuple[str, RecordingView | None]
"""Subset and recording of a strip; None: its row holds the subset's name."""


def draw_overview(
    subsets: Mapping[str, Sequence[RecordingView]], classes: Sequence[str], *, title: str
) -> Figure:
    """Strips of the recordings above, durations and numbers of the classes below.

    Up to ``MAX_STRIPS`` recordings are drawn, and the ``MAX_CLASSES`` most frequent classes; the
    notes say so where there are more. Figures are of all recordings.
    """
    chosen = sample_recordings({name: len(views) for name, views in subsets.items()}, MAX_STRIPS)
    strips = [(name, subsets[name][i]) for name, rows in chosen.items() for i in rows]
    views = [view for group in subsets.values() for view in group]
    instances = sum(len(view.gt_labels) for view in views)
    seconds = sum(view.duration for view in views)
    length = f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
    counts = {
        name: np.bincount(
            np.concatenate([v.gt_labels for v in group] or [np.zeros(0, int)]).astype(int),
            minlength=len(classes),
        )
        for name, group in subsets.items()
    }
    total = np.sum(list(counts.values()), axis=0, dtype=int)
    empty = int((total == 0).sum())
    rows = np.argsort(-total, kind="stable")[:MAX_CLASSES]
    rows = np.sort(rows[total[rows] > 0])
    parts = ", ".join(f"{name}: {len(group)}" for name, group in subsets.items())
    notes = [
        f"{counted(len(views), 'recording')} ({parts}), {length}, "
        f"{counted(instances, 'instance')} of {counted(int((total > 0).sum()), 'class')}"
        + (f"; {counted(empty, 'class')} without an instance" if empty else "")
    ]
    if len(strips) < len(views):
        notes.append(f"strips: {len(strips)} of {len(views)} recordings, spread evenly")
    if len(rows) < (total > 0).sum():
        notes.append(f"classes: the {len(rows)} with most instances; see the file for the others")

    for name in [name for name, count in counts.items() if not count.any() and len(rows)]:
        notes.append(f"{name}: no instances")
        del counts[name]
    table = _ClassTable(views, classes, rows, counts)
    field = _Strips(strips)
    sheet = Sheet(title, notes)
    field.draw(sheet)
    sheet.top += 0.25
    table.draw(sheet)
    return sheet.finish(sheet.top + MARGIN)


def sample_recordings(sizes: dict[str, int], most: int) -> dict[str, list[int]]:
    """Rows of each subset to draw: all, or ``most`` spread evenly, at least one of each."""
    total = sum(sizes.values())
    chosen = {}
    for name, size in sizes.items():
        share = size if total <= most else min(size, max(1, size * most // total))
        chosen[name] = np.linspace(0, size - 1, share).round().astype(int).tolist() if size else []
    return chosen


class _Strips:
    """Recordings below each other in up to three columns, all with the same scale of time."""

    def __init__(self, strips: Sequence[tuple[str, RecordingView]]) -> None:
        self.entries: list[Entry] = []
        for index, (subset, view) in enumerate(strips):
            if index == 0 or strips[index - 1][0] != subset:
                self.entries.append((subset, None))
            self.entries.append((subset, view))
        columns = int(np.clip(-(-len(self.entries) // STRIPS_PER_COLUMN), 1, 3))
        self.per_column = -(-len(self.entries) // columns)
        self.height = self.per_column * STRIP
        self.column_width = (WIDTH - 2 * MARGIN) / columns
        names = [text_width(view.video_id, STRIP_NAME_SIZE) for _, view in strips]
        room = min(MAX_NAME_WIDTH, 0.4 * self.column_width)
        self.gutter = min(max(names, default=0), room) + 0.12
        durations = np.array([view.duration for _, view in strips] or [1.0])
        # One very long recording must not press all others flat.
        self.span = float(min(durations.max(), 3 * np.quantile(durations, 0.9)))
        self.scale = (self.column_width - self.gutter - 0.65) / self.span

    def draw(self, sheet: Sheet) -> None:
        for column, first in enumerate(range(0, len(self.entries), self.per_column or 1)):
            left = MARGIN + column * self.column_width
            line = Line(0.0, self.span, self.scale)
            axes = sheet.line_axes(line, left + self.gutter, sheet.top, self.height)
            axes.spines["left"].set_visible(False)
            time_ticks(axes, line)
            for row, entry in enumerate(self.entries[first : first + self.per_column]):
                self._draw_entry(sheet, axes, entry, left, row * STRIP)
        sheet.top += self.height + AXIS_HEIGHT

    def _draw_entry(self, sheet: Sheet, axes: Axes, entry: Entry, left: float, y: float) -> None:
        subset, view = entry
        middle, size = sheet.top + y + STRIP / 2, STRIP_NAME_SIZE
        if view is None:
            sheet.paper.text(left, middle, plain(subset), size=size + 1, weight="bold", va="center")
            return
        name = plain(shorten(view.video_id, size, self.gutter - 0.12))
        sheet.paper.text(left, middle, name, size=size, va="center")
        end = min(view.duration, self.span)
        axes.broken_barh([(0, end)], (y + 0.02, STRIP - 0.04), facecolor="0.93")
        order = np.argsort(-(view.gt_segments[:, 1] - view.gt_segments[:, 0]), kind="stable")
        inside = order[view.gt_segments[order, 0] < end]
        segments = view.gt_segments[inside].clip(0, end)
        class_bars(
            axes, segments, view.gt_labels[inside], y + 0.02, STRIP - 0.04, self.scale, edge=False
        )  # fmt: skip
        cut = view.duration > self.span
        axes.text(
            end + 0.04 / self.scale, y + STRIP / 2,
            ("▸ " if cut else "") + format_time(view.duration), size=5.5, color="0.4", va="center",
        )  # fmt: skip


class _ClassTable:
    """A row for each class: look, name, spread of its durations, instances in each subset."""

    def __init__(
        self,
        views: Sequence[RecordingView],
        classes: Sequence[str],
        rows: np.ndarray,
        counts: dict[str, np.ndarray],
    ) -> None:
        self.classes, self.rows, self.counts = classes, rows, counts
        labels = np.concatenate([view.gt_labels for view in views] or [np.zeros(0, int)])
        segments = np.concatenate([view.gt_segments for view in views] or [np.zeros((0, 2))])
        lengths = segments[:, 1] - segments[:, 0]
        order = np.argsort(labels, kind="stable")
        first = np.searchsorted(labels[order], rows)
        last = np.searchsorted(labels[order], rows, side="right")
        own = [lengths[order[a:b]] for a, b in zip(first, last, strict=True)]
        self.lengths = [of_class[of_class > 0] for of_class in own]
        self.body = max(len(rows), 1) * ROW

    def draw(self, sheet: Sheet) -> None:
        widths = [text_width(self.classes[label], NAME_SIZE) for label in self.rows]
        gutter = min(max(widths, default=1.0), MAX_NAME_WIDTH + 1) + 0.3
        sheet.top += 0.3
        for row, label in enumerate(self.rows.tolist()):
            y = sheet.top + (row + 0.5) * ROW
            swatch(sheet.paper, MARGIN, y, label)
            name = shorten(self.classes[label], NAME_SIZE, MAX_NAME_WIDTH + 1)
            sheet.paper.text(MARGIN + 0.16, y, plain(name), size=NAME_SIZE, va="center")
        room = WIDTH - 2 * MARGIN - gutter
        width = 0.42 * room
        self._draw_durations(sheet.axes(MARGIN + gutter, sheet.top, width, self.body))
        each = (room - width) / max(len(self.counts), 1)
        for index, (subset, counts) in enumerate(self.counts.items()):
            left = MARGIN + gutter + width + index * each + 0.25
            axes = sheet.axes(left, sheet.top, each - 0.75, self.body)
            self._draw_counts(axes, subset, counts[self.rows], each - 0.75)
        sheet.top += self.body + AXIS_HEIGHT

    def _draw_durations(self, axes: Axes) -> None:
        axes.set_title("duration of instances: 5 to 95 %, quartiles, median", size=9, loc="left")
        axes.set(ylim=(self.body, 0), yticks=[], xscale="log")
        for row, (label, lengths) in enumerate(zip(self.rows.tolist(), self.lengths, strict=True)):
            y = (row + 0.5) * ROW
            if not len(lengths):
                place = axes.get_yaxis_transform()
                axes.text(0.02, y, "events", color="0.5", va="center", size=7, transform=place)
                continue
            low, first, middle, third, high = np.quantile(lengths, (0.05, 0.25, 0.5, 0.75, 0.95))
            axes.plot([low, high], [y, y], color="0.6", linewidth=1)
            axes.broken_barh(
                [(first, third - first)], (y - 0.06, 0.12), facecolor=class_color(label)
            )
            axes.plot([middle, middle], [y - 0.075, y + 0.075], color="black", linewidth=1.6)
        if not any(map(len, self.lengths)):
            axes.set_xlim(1, 10)
        if not self.lengths:
            axes.text(2, self.body / 2, "no instances", color="0.5", va="center", size=NAME_SIZE)
        low, high = axes.get_xlim()
        if high / low < 4:
            axes.set_xlim(low / 2, high * 2)
        low, high = axes.get_xlim()
        ticks = [t for t in DURATION_TICKS if low <= t <= high]
        axes.set_xticks(ticks, [duration_text(t) for t in ticks])
        axes.minorticks_off()
        axes.tick_params(labelsize=8, pad=2)
        axes.grid(axis="x", color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)

    def _draw_counts(self, axes: Axes, subset: str, counts: np.ndarray, width: float) -> None:
        name = plain(shorten(f"instances, {subset}", 9, width + 0.5))
        axes.set_title(name, size=9, loc="left")
        most = max(counts.max(initial=0), 1)
        axes.set(ylim=(self.body, 0), yticks=[], xlim=(0, most), xticks=[])
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        for row, count in enumerate(counts.tolist()):
            y = (row + 0.5) * ROW
            if count:
                axes.broken_barh([(0, count)], (y - 0.06, 0.12), facecolor=GROUND_TRUTH)
            axes.text(
                count + 0.05 * most / width, y, str(count), size=7, va="center",
                color="0.25" if count else MISS, weight="normal" if count else "bold",
            )  # fmt: skip


DURATION_TICKS = (
    0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 10800, 36000, 86400, 864000
)  # fmt: skip


def duration_text(seconds: float) -> str:
    """0.3 -> '0.3 s', 180 -> '3 min', 7200 -> '2 h'."""
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"
