"""Segmentations as colored bars."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mmtal.structures import RecordingView
from mmtal.visualization.colors import BACKGROUND, class_color
from mmtal.visualization.frame_bars import draw_frame_bars


def pixels(view: RecordingView) -> tuple[np.ndarray, np.ndarray]:
    """Colors (W, 3) along the middles of both bars."""
    figure = draw_frame_bars(view, ["walk", "sit", "run"])
    figure.canvas.draw()
    image = np.asarray(figure.canvas.buffer_rgba())[..., :3] / 255
    box = figure.axes[1].get_window_extent()
    rows = [figure.axes[1].transData.transform((0, y))[1] for y in (0.15, 0.61)]
    columns = slice(round(box.x0) + 2, round(box.x1) - 2)
    truth, found = (image[image.shape[0] - round(row), columns] for row in rows)
    return truth, found


def share(bar: np.ndarray, color: str) -> float:
    return float(np.isclose(bar, to_rgb(color), atol=0.02).all(axis=1).mean())


def test_bars_have_the_colors_of_their_classes() -> None:
    view = RecordingView(
        "v",
        10.0,
        np.array([[0, 5], [5, 9]]),
        np.array([0, 1]),
        np.array([[0, 10], [2, 4]]),
        np.ones(2),
        np.array([0, 2]),
    )
    truth, found = pixels(view)
    assert share(truth, class_color(0)) == pytest.approx(0.5, abs=0.02)
    assert share(truth, class_color(1)) == pytest.approx(0.4, abs=0.02)
    assert share(truth, BACKGROUND) == pytest.approx(0.1, abs=0.02)
    assert share(found, class_color(0)) == pytest.approx(0.8, abs=0.02)
    assert share(found, class_color(2)) == pytest.approx(0.2, abs=0.02)  # the shorter one is seen


def test_nothing_to_draw_and_long_recordings() -> None:
    figure = draw_frame_bars(RecordingView("empty", 3.0), [], notes=["a note"])
    assert "0 segments" in figure.axes[0].texts[1].get_text()
    starts = np.arange(0, 3600, 5.0)
    many = np.stack([starts, starts + 4], 1)
    figure = draw_frame_bars(RecordingView("v", 3600.0, many, np.zeros(720, int)), ["walk"])
    assert len(figure.axes) == 1 + 4  # the paper, and as many lines as there may be
