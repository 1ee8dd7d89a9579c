"""Instances and predictions of one recording over time, a row for each class that occurs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mmtal.structures import RecordingHits, RecordingView
from mmtal.utils.wording import counted
from mmtal.visualization.bars import (
    HOLLOW,
    Color,
    bars,
    class_bars,
    ink_on,
    ink_on_class,
    pack_lanes,
    swatch,
    write_texts,
)
from mmtal.visualization.colors import GROUND_TRUTH, HIT, MISS
from mmtal.visualization.layout import (
    AXIS_HEIGHT,
    DASHES,
    MARGIN,
    MAX_NAME_WIDTH,
    WIDTH,
    Line,
    Sheet,
    count_lines,
    format_time,
    lines_of_time,
    plain,
    shorten,
    text_width,
    time_ticks,
)
from mmtal.visualization.thumbnails import Pictures

LANE = 0.15
ROW_GAP = 0.09
LINE_GAP = 0.14
MAX_LANES = 3
NAME_SIZE = 8.0
TEXT_SIZE = 6.5
HIGH = 8.0
"""Inches; from here on the times stand above the rows, too."""
PICTURE = 0.6
"""Inches; height of the pictures of a video."""
MAX_HEIGHT = 45.0
"""Inches; a higher picture gets fewer and longer lines of time."""


def draw_annotations(view: RecordingView, classes: Sequence[str]) -> Figure:
    """The instances of a recording."""
    picture = _Rows(view, classes, None, np.zeros(0, dtype=int))
    lengths = view.gt_segments[:, 1] - view.gt_segments[:, 0]
    if view.tolerance is not None:
        lengths = np.zeros_like(lengths)
    long = lengths[lengths > 0]
    numbers = {"instance": len(long), "event": len(lengths) - len(long)}
    note = " and ".join(counted(n, noun) for noun, n in numbers.items() if n) or "0 instances"
    if len(lengths):
        note += f" of {counted(len(set(view.gt_labels.tolist())), 'class')}"
        note += f", median {np.median(long):.1f} s" if len(long) else ""
    return picture.draw([note], [])


def draw_predictions(
    view: RecordingView,
    classes: Sequence[str],
    hits: RecordingHits,
    *,
    title: str | None = None,
    score_thr: float = 0.3,
    pictures: Pictures | None = None,
) -> Figure:
    """Instances above, predictions below, with score and tIoU where there is room.

    An instance without a true positive is drawn hollow.

    Args:
        view: The recording.
        classes: Names by label.
        hits: Its true positives, from :func:`mmtal.evaluation.recording_hits.find_hits`.
        title: Above the picture; None: the recording's name.
        score_thr: Predictions that score lower are not drawn.
        pictures: Those of its video, to be shown above the time.
    """
    shown = view.shown(score_thr)
    picture = _Rows(view, classes, hits, shown, title=title, pictures=pictures)
    missed = int((~picture.found).sum())
    true = int(hits.hit[shown].sum())
    rule = f"tIoU ≥ {hits.tiou_thr:g}"
    if view.tolerance is not None:
        rule = f"within {view.tolerance:g} s"
    legend = [
        (GROUND_TRUTH, f"ground truth, found ({len(view.gt_labels) - missed})"),
        ("hollow", f"ground truth, missed ({missed})"),
        (HIT, f"true positive, {rule} ({true})"),
        (MISS, f"false positive ({len(shown) - true})"),
    ]
    note = f"predictions that score at least {score_thr:g} ({len(shown)} of "
    note += f"{len(view.pred_scores)}), paler: lower score; written: score"
    note += " | tIoU" if view.tolerance is None else ""
    if len(view.pred_scores) and not len(shown):
        note += f"; the best score is {view.pred_scores.max():.3g}"
    return picture.draw([note], legend)


def draw_detections(
    view: RecordingView,
    classes: Sequence[str],
    *,
    score_thr: float = 0.3,
    pictures: Pictures | None = None,
) -> Figure:
    """The predictions of a recording that nobody has annotated, in the colors of their classes.

    Of those that score lower than ``score_thr`` the best tenth is drawn if there is no other.
    ``pictures`` are those of its video, to be shown above the time.
    """
    scores = view.pred_scores
    if len(scores) and scores.max() < score_thr:
        score_thr = float(np.quantile(scores, 0.9))
    shown = view.shown(score_thr)
    found = replace(view, gt_segments=view.gt_segments[:0], gt_labels=view.gt_labels[:0])
    note = f"{len(shown)} of {counted(len(scores), 'detection')}, those that score at least "
    note += f"{score_thr:.2g}; paler: lower score"
    return _Rows(found, classes, None, shown, pictures=pictures).draw([note], [])


class _Rows:
    """Layout of one picture: lines of time, in each a row for every class that occurs there."""

    def __init__(
        self,
        view: RecordingView,
        classes: Sequence[str],
        hits: RecordingHits | None,
        shown: np.ndarray,
        *,
        title: str | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        self.pictures = pictures
        self.view, self.classes, self.hits, self.shown = view, classes, hits, shown
        self.title = view.video_id if title is None else title
        self.found = np.ones(len(view.gt_labels), dtype=bool)
        if hits is not None:
            self.found = np.isin(hits.hit_by, shown)
        labels = {*view.gt_labels.tolist(), *view.pred_labels[shown].tolist()}
        names = [text_width(classes[label], NAME_SIZE) for label in labels]
        self.gutter = min(max(names, default=0.5), MAX_NAME_WIDTH) + 0.3
        width = WIDTH - 2 * MARGIN - self.gutter - 0.2
        segments = np.concatenate([view.gt_segments, view.pred_segments[shown]])
        for max_lines in (12, 9, 6, 4, 3, 2, 1):
            self.lines = lines_of_time(view.duration, width, segments, max_lines=max_lines)
            self.rows = [self._rows_of(line) for line in self.lines]
            self.heights = [sum(row[3] for row in rows) + ROW_GAP for rows in self.rows]
            if sum(self.heights) + len(self.lines) * (AXIS_HEIGHT + LINE_GAP) <= MAX_HEIGHT:
                break

    def _rows_of(self, line: Line) -> list[tuple[int, np.ndarray, np.ndarray, float]]:
        """(label, lane of each instance or -1, lane of each shown prediction or -1, height)."""
        view = self.view
        in_gt, in_pred = line.sees(view.gt_segments), line.sees(view.pred_segments[self.shown])
        pred_labels = view.pred_labels[self.shown]
        gap = 0.02 / line.scale
        rows = []
        for label in sorted({*view.gt_labels[in_gt].tolist(), *pred_labels[in_pred].tolist()}):
            gt_lanes = np.full(len(view.gt_labels), -1)
            own = np.flatnonzero(in_gt & (view.gt_labels == label))
            own = own[np.argsort(view.gt_segments[own, 0], kind="stable")]
            gt_lanes[own] = pack_lanes(view.gt_segments[own])
            pred_lanes = np.full(len(self.shown), -1)
            own = np.flatnonzero(in_pred & (pred_labels == label))
            segments = view.pred_segments[self.shown[own]]
            pred_lanes[own] = pack_lanes(segments, gap=gap, max_lanes=MAX_LANES)
            lanes = gt_lanes.max(initial=-1) + pred_lanes.max(initial=-1) + 2
            rows.append((label, gt_lanes, pred_lanes, lanes * LANE + ROW_GAP))
        return rows or [(-1, np.zeros(0, int), np.zeros(0, int), LANE + ROW_GAP)]

    def draw(self, notes: list[str], legend: list[tuple[str, str]]) -> Figure:
        notes = [f"{format_time(self.view.duration)}; {notes[0]}", *notes[1:]]
        notes[-1] += count_lines(self.lines)
        above = AXIS_HEIGHT if max(self.heights) > HIGH else 0.0
        sheet = Sheet(self.title, notes, legend)
        sheet.top += above
        for line, rows, inches in zip(self.lines, self.rows, self.heights, strict=True):
            if self.pictures:
                self._draw_pictures(sheet, line)
            axes = sheet.line_axes(line, MARGIN + self.gutter, sheet.top, inches)
            time_ticks(axes, line)
            if inches > HIGH:
                axes.tick_params(top=True, labeltop=True)
            y = ROW_GAP / 2
            for number, (label, gt_lanes, pred_lanes, row_height) in enumerate(rows):
                if number:
                    axes.axhline(y, color="0.9", linewidth=0.7, zorder=0)
                middle = sheet.top + y + row_height / 2
                name, color, x = "nothing here", "0.5", self.gutter + 0.1
                if label >= 0:
                    swatch(sheet.paper, MARGIN, middle, label)
                    name = plain(shorten(self.classes[label], NAME_SIZE, MAX_NAME_WIDTH))
                    color, x = "black", 0.16
                sheet.paper.text(MARGIN + x, middle, name, size=NAME_SIZE, color=color, va="center")
                if label < 0:
                    continue
                below = self._draw_instances(axes, line, y + ROW_GAP / 2, gt_lanes)
                self._draw_predictions(axes, line, below, pred_lanes)
                y += row_height
            sheet.top += inches + AXIS_HEIGHT + LINE_GAP + above
        return sheet.finish(sheet.top + MARGIN - above)

    def _draw_pictures(self, sheet: Sheet, line: Line) -> None:
        """Pictures side by side, each shown in the middle of the time that it lies above."""
        assert self.pictures
        number = max(int(line.width / (PICTURE * 4 / 3)), 1)
        edges = np.linspace(line.start, line.end, number + 1)
        width = (edges[1] - edges[0]) * line.scale
        for start, picture in zip(edges, self.pictures((edges[1:] + edges[:-1]) / 2), strict=False):
            left = MARGIN + self.gutter + (start - line.start) * line.scale
            axes = sheet.axes(left, sheet.top, width - 0.02, PICTURE)
            axes.imshow(picture)
            axes.axis("off")
        sheet.top += PICTURE + 0.03

    def _draw_instances(self, axes: Axes, line: Line, y: float, lanes: np.ndarray) -> float:
        view = self.view
        for lane in range(lanes.max(initial=-1) + 1):
            rows = np.flatnonzero(lanes == lane)
            segments = view.gt_segments[rows]
            if self.hits is None:
                class_bars(axes, segments, view.gt_labels[rows], y, LANE - 0.02, line.scale)
                texts = [
                    [] if view.tolerance is not None or start == end else [f"{end - start:.1f} s"]
                    for start, end in segments
                ]
                inks = [ink_on_class(label) for label in view.gt_labels[rows].tolist()]
                write_texts(axes, line, segments, y + LANE / 2, texts, inks, inside=False)
            else:
                found = self.found[rows]
                bars(axes, segments[found], y, LANE - 0.02, [GROUND_TRUTH], scale=line.scale)
                bars(
                    axes, segments[~found], y + 0.01, LANE - 0.04, ["white"], scale=line.scale,
                    edge=GROUND_TRUTH, linewidth=0.9, linestyle=DASHES, least=HOLLOW,
                )  # fmt: skip
                texts = [[] if hit else ["missed"] for hit in found]
                write_texts(axes, line, segments, y + LANE / 2, texts, ["black"] * len(rows))
            y += LANE
        return y

    def _draw_predictions(self, axes: Axes, line: Line, y: float, lanes: np.ndarray) -> None:
        view = self.view
        for lane in range(lanes.max(initial=-1) + 1):
            rows = self.shown[lanes == lane]
            segments, labels = view.pred_segments[rows], view.pred_labels[rows]
            strength = (0.25 + 0.75 * np.clip(view.pred_scores[rows], 0, 1)).tolist()
            texts = [[f"{score:.2f}"] for score in view.pred_scores[rows]]
            if self.hits is None:
                class_bars(axes, segments, labels, y, LANE - 0.02, line.scale, alphas=strength)
                inks = [
                    ink_on_class(label, alpha)
                    for label, alpha in zip(labels.tolist(), strength, strict=True)
                ]
            else:
                colors: list[Color] = [
                    (*to_rgb(HIT if hit else MISS), alpha)
                    for hit, alpha in zip(self.hits.hit[rows], strength, strict=True)
                ]
                bars(axes, segments, y, LANE - 0.02, colors, scale=line.scale)
                inks = [ink_on(color) for color in colors]
                for text, tiou in zip(texts, self.hits.tiou[rows], strict=True):
                    if view.tolerance is None:
                        text.insert(0, f"{text[0]} | {tiou:.2f}")
            write_texts(axes, line, segments, y + LANE / 2, texts, inks)
            y += LANE
