"""Measures that the pictures share: sizes are inches, times seconds, so that text always fits."""

import bisect
import contextlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter

from mmtal.utils.files import whole_file
from mmtal.visualization.colors import GROUND_TRUTH

FORMATS = (".png", ".svg", ".pdf")
DPI = 110
WIDTH = 13.0
MARGIN = 0.15
AXIS_HEIGHT = 0.32
"""Room below axes for the times."""
MAX_NAME_WIDTH = 2.2
MAX_LINES = 12
MEDIAN_WIDTH = 0.15
"""Lines of time are cut so that the median instance is at least this wide."""
DASHES = (0, (2, 1))

STEPS = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
    7200, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600,
)  # fmt: skip


SPANS = (
    *(1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50),
    *(60 * s for s in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)),
)
"""Seconds that a line may last."""


@dataclass(frozen=True)
class Line:
    """A stretch of a recording that is drawn as one line.

    Attributes:
        start: Seconds.
        end: Seconds.
        scale: Inches per second; the same for all lines of a picture.
    """

    start: float
    end: float
    scale: float

    @property
    def width(self) -> float:
        return (self.end - self.start) * self.scale

    def sees(self, segments: np.ndarray) -> np.ndarray:
        """Which segments (N, 2) reach into the line: bool (N,)."""
        return (segments[:, 0] < self.end) & (segments[:, 1] > self.start)


def lines_of_time(
    duration: float, width: float, segments: np.ndarray, *, max_lines: int = MAX_LINES
) -> list[Line]:
    """Wrap a recording into so many lines that half of its instances can be seen well.

    ``duration`` is in seconds, the ``width`` of a line in inches, ``segments`` (N, 2).
    """
    lengths = segments[:, 1] - segments[:, 0]
    lengths = lengths[lengths > 0]
    longest = duration if not len(lengths) else float(np.median(lengths)) / MEDIAN_WIDTH * width
    number = int(np.clip(np.ceil(duration / longest), 1, max_lines))
    span = duration
    if number > 1:
        span = _next_span(duration / number)
    scale = width / span
    starts = np.arange(0.0, duration, span) if number > 1 else np.zeros(1)
    return [Line(float(a), float(min(a + span, duration)), scale) for a in starts]


def _next_span(span: float) -> float:
    """The next length of time that is easily read; below a second the length itself."""
    hours = float(np.ceil(span / 3600 - 1e-9) * 3600)
    return next((s for s in SPANS if s >= span - 1e-9), hours) if span >= 1 else span


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure, whole or not at all; see :func:`check_format`."""
    path = check_format(path)
    with whole_file(path) as temporary:
        render(figure, temporary, dpi=DPI)
    return path


def render(figure: Figure, target: Any, **settings: Any) -> None:
    """``Figure.savefig``, with one warning for all that no font has."""
    texts = figure.findobj(Text)
    fonts = other_fonts("".join(text.get_text() for text in texts))
    if None in fonts:
        _warn_of_boxes()
    if families := [font for font in fonts if font]:
        for text in texts:
            text.set_fontfamily([*text.get_fontfamily(), *families])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        figure.savefig(target, **settings)


def other_fonts(text: str) -> list[str | None]:
    """Families of the fonts that have what Matplotlib's own lacks; None is among them: none has."""
    usual = get_font(findfont(FontProperties()))
    absent = {c for c in text if c.isprintable() and not usual.get_char_index(ord(c))}
    return list(dict.fromkeys(_installed_fonts().get(ord(c)) for c in sorted(absent)))


@lru_cache(maxsize=1)
def _installed_fonts() -> dict[int, str]:
    """A family that has it for each character that any installed font has."""
    families: dict[int, str] = {}
    regular = (400, "normal", "regular", "book")
    for font in sorted(fontManager.ttflist, key=lambda f: (f.weight not in regular, f.name)):
        if font.style == "normal" and not font.name.startswith(("Last Resort", "STIXNonUnicode")):
            with contextlib.suppress(OSError, RuntimeError):  # a broken file
                for code in get_font(font.fname).get_charmap():
                    families.setdefault(code, font.name)
    return families


@lru_cache(maxsize=1)
def _warn_of_boxes() -> None:
    warnings.warn(
        "no installed font has some characters of these names: pictures show boxes in their place, "
        "pages show them. Install one that has them, such as Noto Sans CJK",
        stacklevel=3,
    )


def check_format(path: str | Path) -> Path:
    """The path of a picture; ValueError if it does not end in .png, .svg or .pdf."""
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"a picture must end in {', '.join(FORMATS)}, but got '{path}'")
    return path


class Sheet:
    """A figure that grows downwards; places and sizes are inches from its upper left corner.

    On top are a title, notes in small print, and a legend of colors, or ``hollow``, and texts; no
    title: nothing. ``paper`` are transparent axes of the whole sheet, for texts and marks; ``top``
    is where the next part begins.
    """

    def __init__(
        self,
        title: str = "",
        notes: Sequence[str] = (),
        legend: Sequence[tuple[str, str]] = (),
        *,
        width: float = WIDTH,
    ) -> None:
        self.width, self.top = width, 0.0
        self.figure = Figure(figsize=(width, 1))
        FigureCanvasAgg(self.figure)
        self._placed: list[tuple[Axes, float, float, float, float]] = []
        self.paper = self.figure.add_axes((0, 0, 1, 1), zorder=2)
        self.paper.axis("off")
        if title:
            self._draw_header(title, notes, legend)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes at a place."""
        axes = self.figure.add_axes((0, 0, 1, 1))
        self._placed.append((axes, left, top, max(width, 0.01), height))
        return axes

    def line_axes(self, line: Line, left: float, top: float, height: float) -> Axes:
        """Axes for a line of time: x in seconds, y in inches from the top."""
        axes = self.axes(left, top, line.width, height)
        axes.set(xlim=(line.start, line.end), ylim=(height, 0), yticks=[])
        axes.spines[["top", "right"]].set_visible(False)
        return axes

    def finish(self, height: float) -> Figure:
        """The figure, once it is known how high it is."""
        self.figure.set_size_inches(self.width, height)
        self.paper.set(xlim=(0, self.width), ylim=(height, 0))
        for axes, left, top, width, own in self._placed:
            bottom = 1 - (top + own) / height
            axes.set_position((left / self.width, bottom, width / self.width, own / height))
        return self.figure

    def _draw_header(
        self, title: str, notes: Sequence[str], legend: Sequence[tuple[str, str]]
    ) -> None:
        room = self.width - 2 * MARGIN
        title = plain(shorten(title, 12, room))
        self.paper.text(MARGIN, 0.25, title, size=12, weight="bold", va="center")
        y = 0.5
        for text in [part for note in notes for part in _wrap(note, 8.5, room)]:
            self.paper.text(MARGIN, y, plain(text), size=8.5, color="0.35", va="center")
            y += 0.18
        x, y = 0.0, y + 0.02
        for color, text in legend:
            width = text_width(text, 8.5) + 0.5
            if x and x + width > room:
                x, y = 0.0, y + 0.2
            hollow = color == "hollow"
            self.paper.add_patch(
                Rectangle(
                    (MARGIN + x, y - 0.055), 0.22, 0.11, facecolor="white" if hollow else color,
                    edgecolor=GROUND_TRUTH if hollow else "none", linestyle=DASHES,
                )
            )  # fmt: skip
            self.paper.text(MARGIN + x + 0.28, y, plain(text), size=8.5, va="center")
            x += width
        self.top = y + (0.18 if legend else -0.02)


def time_ticks(axes: Axes, line: Line, *, grid: bool = True) -> None:
    """Ticks at round times, an inch or more apart."""
    step = STEPS[min(bisect.bisect_left(STEPS, 0.9 / line.scale), len(STEPS) - 1)]
    ticks = np.arange(np.ceil(line.start / step - 1e-9), np.floor(line.end / step + 1e-9) + 1)
    axes.xaxis.set_major_locator(FixedLocator((ticks * step).tolist()))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: format_time(seconds, step)))
    axes.tick_params(labelsize=8, pad=2)
    if grid:
        axes.grid(axis="x", color="0.93", linewidth=0.6)
        axes.set_axisbelow(True)


def format_time(seconds: float, step: float = 1.0) -> str:
    """75.0 -> '1:15', 4000.0 -> '1:06:40'; of multiples of a step below 1 s also '1:15.5'."""
    digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
    ticks = round(seconds * 10**digits)
    whole, fraction = divmod(ticks, 10**digits)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    tail = f".{fraction:0{digits}d}" if digits else ""
    return (f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}") + tail


def count_lines(lines: Sequence[Line]) -> str:
    """What a picture says of its lines of time; of one line nothing."""
    span = lines[0].end - lines[0].start
    step = 1.0 if span >= 10 else 0.1
    return f"; {len(lines)} lines of {format_time(span, step)}" if len(lines) > 1 else ""


@lru_cache(maxsize=20_000)
def text_width(text: str, size: float) -> float:
    """Width of a text in inches."""
    families = [family for family in other_fonts(text) if family]
    files = [findfont(FontProperties(family=family)) for family in families]
    font = get_font([findfont(FontProperties()), *files])
    font.set_size(size, 72)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # see render
        font.set_text(text, 0.0)
    return float(font.get_width_height()[0]) / 64 / 72


def plain(text: str) -> str:
    """A text on one line in which Matplotlib finds no formula."""
    return " ".join(text.split()).replace("$", r"\$")


def shorten(text: str, size: float, width: float) -> str:
    """A text with its middle left out, if it is wider than ``width`` inches."""
    text = " ".join(text.split())
    if text_width(text, size) <= width + 1e-9:  # a width that was added up loses a last digit
        return text
    for keep in range(len(text) - 1, 1, -1):
        short = text[: keep - keep // 2] + "…" + text[len(text) - keep // 2 :]
        if text_width(short, size) <= width:
            return short
    return text[:1]


def _wrap(text: str, size: float, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
