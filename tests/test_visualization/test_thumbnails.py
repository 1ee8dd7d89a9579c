"""Pictures of a video above its timeline: those of the time that they stand above."""

from pathlib import Path

import numpy as np
import pytest
from clips import number_of, write_clip

from mmtal.structures import RecordingView
from mmtal.visualization.layout import MARGIN, WIDTH
from mmtal.visualization.thumbnails import thumbnails
from mmtal.visualization.timeline import draw_detections

pytest.importorskip("av", reason="needs PyAV: pip install av")


def draw(video: Path | None, duration: float):
    """The shown numbers, each with where it lies from left to right (0 to 1), and the figure."""
    found = dict(pred_segments=np.array([[1.0, 2.0]]), pred_scores=np.ones(1), pred_labels=[0])
    view = RecordingView("a", duration, **{n: np.asarray(v) for n, v in found.items()})
    figure = draw_detections(view, ["walk"], pictures=thumbnails(video))
    shown = [axes for axes in figure.axes if axes.images]
    middles = [(a.get_position().x0 + a.get_position().x1) / 2 for a in shown]
    return [number_of(a.images[0].get_array()) for a in shown], middles, figure


def test_they_stand_above_their_times(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "a.mp4", times=100)
    numbers, middles, figure = draw(video, 4.0)
    assert len(numbers) > 8
    axis = next(a for a in figure.axes if not a.images and a.get_xlim() == (0, 4))
    left, right = axis.get_position().x0, axis.get_position().x1
    times = (np.array(middles) - left) / (right - left) * 4
    assert np.abs(np.array(numbers) / 25 - times).max() < 0.08
    assert axis.get_position().y1 < min(a.get_position().y0 for a in figure.axes if a.images)
    assert left > MARGIN / WIDTH


def test_without_a_video_nothing_is_added(tmp_path: Path) -> None:
    assert draw(None, 4.0)[0] == []
    with pytest.warns(UserWarning, match=r"pictures are missing above the timeline: .*none.mp4"):
        assert draw(tmp_path / "none.mp4", 4.0)[0] == []
    short = write_clip(tmp_path / "a.mp4", times=25)
    with pytest.warns(UserWarning, match=r"its pictures end at 0.96 s"):
        numbers = draw(short, 10.0)[0]
    assert 1 <= len(numbers) <= 4
