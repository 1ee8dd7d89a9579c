"""Draw the strip below a video: instances and predictions over time, and the present ones."""

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.font_manager import FontProperties, findfont, get_font
from PIL import Image, ImageDraw, ImageFont

from mmtal.structures import RecordingHits, RecordingView
from mmtal.visualization.bars import pack_lanes
from mmtal.visualization.colors import class_color
from mmtal.visualization.layout import STEPS, format_time, other_fonts
from mmtal.visualization.subtitles import LEAST

PAGE_SECONDS = 120.0
"""A longer recording is shown page by page, with an overview of the whole below."""

MAX_LANES = 3
UNMATCHED = 8
"""Least width of hollow and striped bars, pixels: edges of two and something between them."""

INK, SOFT, LINE = "#1b1b1b", "#666666", "#dddddd"

Bar = tuple[float, float, int, int, bool]
"""Start and end in seconds, label, lane, whether it is matched."""

State = tuple[int, int, tuple[int, ...], tuple[int, ...]]


class VideoStrip:
    """Pictures of a strip ``width`` pixels wide, of a video that lasts ``length`` seconds.

    They change only now and then, so that a frame costs little. Classes have their colors; a
    hollow instance was missed, a striped prediction is false. Without ``hits`` nothing is known of
    instances: predictions alone are shown.
    """

    def __init__(
        self,
        view: RecordingView,
        classes: Sequence[str],
        hits: RecordingHits | None,
        *,
        width: int,
        length: float,
        score_thr: float = 0.3,
    ) -> None:
        self.width, self.length = width, max(length, 1e-3)
        self.view, self.classes = view, classes
        pages = 1 if self.length <= 1.5 * PAGE_SECONDS else math.ceil(self.length / PAGE_SECONDS)
        self.pages, self.page_seconds = pages, self.length / pages
        self.em = int(np.clip(width / 60, 11, 28))
        self.font, self.small = (_font(int(self.em * x), "".join(classes)) for x in (1, 0.8))
        self.gutter = round(3.8 * self.em)
        self.shown = view.shown(score_thr)
        self.rows = self._bars(hits)
        self.first_row = int(hits is None)
        self.bars_top, self.bars_height = round(1.5 * self.em), round(1.7 * self.em)
        self.row_height = self.bars_top + self.bars_height + round(0.4 * self.em)
        self.ticks_top = self.row_height * len(self.rows)
        self.overview_top = round(self.ticks_top + 1.4 * self.em)
        height = self.overview_top + (round(0.6 * self.em) if pages > 1 else 0)
        self.height = height + height % 2
        self._page: tuple[int, Image.Image] | None = None

    def state_at(self, seconds: float) -> State:
        """What the picture shows at a time, the cursor apart; equal states look the same."""
        page = min(int(max(seconds, 0) / self.page_seconds), self.pages - 1)
        view = self.view
        truth = np.flatnonzero(_covers(view.gt_segments, seconds))
        found = self.shown[_covers(view.pred_segments[self.shown], seconds)]
        return page, int(seconds), tuple(truth.tolist()), tuple(found.tolist())

    def picture(self, state: State) -> Image.Image:
        """The strip without its cursor, RGB."""
        page, second, truth, found = state
        if self._page is None or self._page[0] != page:
            self._page = page, self._draw_page(page)
        image = self._page[1].copy()
        draw = ImageDraw.Draw(image)
        clock = f"{format_time(second)} / {format_time(self.length)}"
        clock_left = self.width - draw.textlength(clock, self.font) - 0.4 * self.em
        draw.text((clock_left, 0.2 * self.em), clock, INK, self.font)
        gt, pred = self.view.gt_labels.tolist(), self.view.pred_labels.tolist()
        scores = self.view.pred_scores
        texts = [
            [(gt[r], self.classes[gt[r]]) for r in truth],
            [(pred[r], f"{self.classes[pred[r]]} {scores[r]:.2f}") for r in found],
        ]
        for row, names in enumerate(texts[self.first_row :][: len(self.rows)]):
            end = clock_left - self.em if row == 0 else self.width - 0.4 * self.em
            self._write_names(draw, names, row * self.row_height + 0.2 * self.em, end)
        return image

    def cursor(self, seconds: float) -> list[tuple[int, int, int]]:
        """Where the cursor is: left edge, top and bottom of its pieces, in pixels."""
        x = self._x(seconds, self.state_at(seconds)[0])
        pieces = []
        for row in range(len(self.rows)):
            top = row * self.row_height + self.bars_top
            pieces.append((x, top - 3, top + self.bars_height + 3))
        if self.pages > 1:
            whole = self.gutter + seconds / self.length * (self.width - self.gutter)
            pieces.append((whole, self.overview_top, self.height))
        return [(min(int(left), self.width - 2), top, bottom) for left, top, bottom in pieces]

    # ------------------------------------------------------------ drawing

    def _bars(self, hits: RecordingHits | None) -> list[tuple[str, list[Bar]]]:
        view = self.view
        if hits is None:
            s = self.shown
            certain = np.ones(len(s), dtype=bool)
            return [
                ("found", _with_lanes(view.pred_segments[s], view.pred_labels[s], certain)[::-1])
            ]
        shown = set(self.shown.tolist())
        predicted = len(view.pred_scores) > 0
        found = [not predicted or by in shown for by in hits.hit_by.tolist()]
        rows = [("truth", _with_lanes(view.gt_segments, view.gt_labels, np.array(found, bool)))]
        if predicted:
            s = self.shown
            bars = _with_lanes(view.pred_segments[s], view.pred_labels[s], hits.hit[s])
            rows.append(("found", bars[::-1]))  # the highest score comes to lie on top
        return rows

    def _x(self, seconds: float, page: int) -> float:
        scale = (self.width - self.gutter) / self.page_seconds
        return self.gutter + (seconds - page * self.page_seconds) * scale

    def _draw_page(self, page: int) -> Image.Image:
        image = Image.new("RGB", (self.width, self.height), "white")
        draw = ImageDraw.Draw(image)
        step = self._tick_step()
        start, end = page * self.page_seconds, (page + 1) * self.page_seconds
        for tick in range(math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9) + 1):
            x, text = self._x(tick * step, page), format_time(tick * step, step)
            draw.line((x, 0, x, self.ticks_top), LINE)
            half = draw.textlength(text, self.small) / 2
            left = np.clip(x, self.gutter + half, self.width - half) - half
            draw.text((left, self.ticks_top + 0.1 * self.em), text, SOFT, self.small)
        for row, (name, bars) in enumerate(self.rows):
            top = row * self.row_height
            draw.text((0.4 * self.em, top + 0.2 * self.em), name, SOFT, self.font)
            lanes = max((bar[3] for bar in bars), default=0) + 1
            height = self.bars_height // lanes
            for a, b, label, lane, matched in bars:
                if a < end and b > start:
                    y = top + self.bars_top + lane * height
                    left, right = (round(self._x(t, page)) for t in (max(a, start), min(b, end)))
                    width = max(right - left, 2 if matched else UNMATCHED)
                    left = min(max((left + right - width) // 2, self.gutter), self.width - width)
                    box = (left, y, left + width, y + height)
                    _draw_bar(image, box, class_color(label), matched=matched, striped=row == 1)
        if self.pages > 1:
            self._draw_overview(draw, page)
        return image

    def _draw_overview(self, draw: ImageDraw.ImageDraw, page: int) -> None:
        scale = (self.width - self.gutter) / self.length
        top, bottom = self.overview_top, self.height - 3
        draw.rectangle((self.gutter, top, self.width, bottom), "#eeeeee")
        left = self.gutter + page * self.page_seconds * scale
        draw.rectangle((left, top, left + self.page_seconds * scale, bottom), "#bbbbbb")
        for a, b, label, _, _ in self.rows[0][1]:
            x = self.gutter + a * scale
            draw.rectangle(
                (x, top + 2, max(self.gutter + b * scale, x + 1), bottom - 2), class_color(label)
            )

    def _tick_step(self) -> float:
        widest = self.small.getlength(format_time(self.length)) * 1.8
        room = max((self.width - self.gutter) / widest, 1)
        return next((s for s in STEPS if s >= 0.1 and self.page_seconds / s <= room), STEPS[-1])

    def _write_names(
        self, draw: ImageDraw.ImageDraw, names: list[tuple[int, str]], top: float, end: float
    ) -> None:
        """Names with their colors from the gutter on; how many had no room is counted."""
        x = float(self.gutter)
        more = draw.textlength("+99", self.font)
        for number, (label, text) in enumerate(names):
            text = " ".join(text.split())
            width = draw.textlength(text, self.font)
            last = number == len(names) - 1
            room = end - x - 1.1 * self.em - (0 if last else more)
            if width > room and number == 0:
                while text and draw.textlength(f"{text}…", self.font) > room:
                    text = text[:-1]
                text = f"{text}…"
            elif width > room:
                draw.text((x, top), f"+{len(names) - number}", INK, self.font)
                return
            square = (x, top + 0.25 * self.em, x + 0.75 * self.em, top + self.em)
            draw.rectangle(square, class_color(label))
            draw.text((x + 1.1 * self.em, top), text, INK, self.font)
            x += 1.1 * self.em + draw.textlength(text, self.font) + 0.9 * self.em


def _covers(segments: np.ndarray, seconds: float) -> np.ndarray:
    """Which segments are named at a time: each as long as a subtitle, or nobody could read it."""
    ends = np.maximum(segments[:, 1], segments[:, 0] + LEAST / 1000)
    return (segments[:, 0] <= seconds) & (seconds < ends)


def _with_lanes(segments: np.ndarray, labels: np.ndarray, matched: np.ndarray) -> list[Bar]:
    """Bars of segments with start < end; lanes only where they overlap."""
    whole = segments[:, 0] < segments[:, 1]
    segments, labels, matched = segments[whole], labels[whole], matched[whole]
    lanes = pack_lanes(segments, max_lanes=MAX_LANES)
    columns = (labels.tolist(), lanes.tolist(), matched.tolist())
    return [(a, b, *rest) for (a, b), *rest in zip(segments.tolist(), *columns, strict=True)]


def _draw_bar(
    image: Image.Image, box: tuple[int, int, int, int], color: str, *, matched: bool, striped: bool
) -> None:
    left, top, right, bottom = box
    draw = ImageDraw.Draw(image)
    inner = (left, top, right - 1, bottom - 2)
    if matched:
        draw.rectangle(inner, color)
        return
    tile = Image.new("RGB", (right - left, bottom - top - 1), "white")
    pen = ImageDraw.Draw(tile)
    if striped:
        for x in range(-tile.height, tile.width, 6):
            pen.line((x, tile.height, x + tile.height, 0), color, 2)
    pen.rectangle((0, 0, tile.width - 1, tile.height - 1), None, color, 2)
    image.paste(tile, (left, top))


def _font(size: int, text: str) -> ImageFont.FreeTypeFont:
    """The font that comes with Matplotlib, or for what it lacks an installed one."""
    path = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
    for family in filter(None, other_fonts(text)):
        file = findfont(FontProperties(family=family))
        if get_font(file).get_char_index(ord("A")):
            path = file
    return ImageFont.truetype(path, size)
