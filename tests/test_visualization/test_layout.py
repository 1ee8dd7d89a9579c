"""Sizes, times and texts of the pictures."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

sys.path.insert(0, str(Path(__file__).parent))
from pictures import check_texts

from mmtal.visualization.bars import pack_lanes
from mmtal.visualization.layout import (
    Line,
    Sheet,
    _warn_of_boxes,
    count_lines,
    format_time,
    lines_of_time,
    other_fonts,
    plain,
    save_figure,
    shorten,
    text_width,
)

NONE = np.zeros((0, 2))


def bars_of(length: float, number: int = 10) -> np.ndarray:
    start = np.arange(number) * 2.0 * length
    return np.stack([start, start + length], axis=1)


LINES = [
    ("30 s without instances", 30, NONE, 12, 1),
    ("three hours without instances", 10800, NONE, 12, 1),
    ("three hours of short instances: the most lines", 10800, bars_of(4), 12, 12),
    ("three hours of long ones", 10800, bars_of(300), 12, 1),
    ("fewer lines where that is asked", 10800, bars_of(4), 5, 5),
    ("empty instances say nothing", 100, np.zeros((3, 2)), 12, 1),
    ("a recording of no length to speak of", 1e-3, NONE, 12, 1),
]


@pytest.mark.parametrize(
    ("why", "duration", "segments", "most", "number"), LINES, ids=[c[0] for c in LINES]
)
def test_lines_cover_the_recording_once(why, duration, segments, most, number) -> None:
    lines = lines_of_time(duration, 11.0, segments, max_lines=most)
    assert len(lines) == number
    assert lines[0].start == 0 and lines[-1].end == duration
    assert all(a.end == b.start for a, b in pairwise(lines))
    assert all(line.scale == lines[0].scale and line.width <= 11.0 + 1e-9 for line in lines)


def test_three_hours_are_cut_at_round_times() -> None:
    lines = lines_of_time(10800, 11.0, bars_of(4))
    assert [line.start for line in lines] == [900.0 * i for i in range(12)]


def test_times() -> None:
    assert [format_time(t) for t in (0, 75, 4000)] == ["0:00", "1:15", "1:06:40"]
    assert [format_time(59.96, step) for step in (1, 0.1, 0.05)] == ["1:00", "1:00.0", "0:59.96"]


LANES = [
    ("none", NONE, 9, []),
    ("touching shares a lane", [[0, 1], [1, 2]], 9, [0, 0]),
    ("overlapping does not", [[0, 2], [1, 3], [2, 4]], 9, [0, 1, 0]),
    ("the first has the best lane", [[1, 3], [0, 2]], 9, [0, 1]),
    ("no more than allowed", [[0, 9], [0, 9], [0, 9]], 2, [0, 1, 1]),
    ("what holds others", [[0, 9], [1, 2], [3, 4]], 9, [0, 1, 1]),
]


@pytest.mark.parametrize(("why", "segments", "most", "lanes"), LANES, ids=[c[0] for c in LANES])
def test_lanes(why, segments, most, lanes) -> None:
    assert pack_lanes(np.array(segments, float).reshape(-1, 2), max_lanes=most).tolist() == lanes


def test_lanes_keep_a_gap() -> None:
    assert pack_lanes(np.array([[0, 1], [1, 2]]), gap=0.1).tolist() == [0, 1]


def test_texts_are_shortened_to_their_room() -> None:
    name = "take the cutting board\nout of the cupboard"
    for width in (0.3, 0.8, 1.5):
        assert text_width(shorten(name, 8, width), 8) <= width
    assert shorten(name, 8, 99) == "take the cutting board out of the cupboard"
    assert shorten("", 8, 1) == ""
    assert shorten(name, 8, 1.0).startswith("take") and shorten(name, 8, 1.0).endswith("ard")


def test_dollars_are_no_formula() -> None:
    figure = Sheet(width=2).finish(1)
    figure.text(0.1, 0.5, plain("a $x_1$ and $\\frac"))
    figure.canvas.draw()  # would raise on a broken formula


def test_only_pictures_are_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.png, \.svg, \.pdf, but got .*out\.jpg"):
        save_figure(Sheet().finish(1), tmp_path / "out.jpg")
    assert not list(tmp_path.iterdir())
    for ending in (".png", ".svg", ".pdf", ".PNG"):
        assert save_figure(Sheet().finish(1), tmp_path / f"out{ending}").stat().st_size > 300


@pytest.mark.parametrize(
    ("second", "message"), [((0.1, 0.5), "' on '"), ((0.9, 0.5), "is cut off")]
)
def test_the_check_of_texts_finds_what_is_wrong(second, message) -> None:
    figure = Sheet(width=3).finish(1)
    figure.text(0.1, 0.5, "a name")
    figure.text(*second, "another name")
    with pytest.raises(AssertionError, match=message):
        check_texts(figure)


def test_characters_that_the_font_lacks_are_one_warning(tmp_path: Path) -> None:
    _warn_of_boxes.cache_clear()
    sheets = [Sheet(name, legend=[("#000000", "歩く")]) for name in ("動作認識", "作")]
    with pytest.warns() as caught:
        [save_figure(sheet.finish(1.0), tmp_path / "a.png") for sheet in sheets]
    assert len(caught) == 1
    assert "pictures show boxes" in str(caught[0].message)


def test_characters_that_another_font_has_are_drawn(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    _warn_of_boxes.cache_clear()
    assert other_fonts("run Ⓐ") == ["STIXGeneral"], "which Matplotlib brings along"
    assert text_width("Ⓐ", 10) != text_width("作", 10), "not the width of a box"
    figure = Sheet("Ⓐ").finish(1.0)
    save_figure(figure, tmp_path / "a.png")
    assert not recwarn.list
    assert "STIXGeneral" in figure.findobj(Text)[0].get_fontfamily()


def test_lines_of_time_are_counted() -> None:
    assert count_lines([Line(0.0, 6 / 7, 1.0)] * 7) == "; 7 lines of 0:00.9"
    assert count_lines([Line(0.0, 75.0, 1.0)] * 2) == "; 2 lines of 1:15"
    assert count_lines([Line(0.0, 75.0, 1.0)]) == ""
