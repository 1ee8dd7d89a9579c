"""The strip below a video."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import ImageColor

from mmtal.evaluation.recording_hits import find_hits
from mmtal.structures import RecordingView
from mmtal.visualization.colors import class_color
from mmtal.visualization.video_strip import PAGE_SECONDS, VideoStrip


def crowd(number: int, num_classes: int, duration: float) -> RecordingView:
    random = np.random.default_rng(0)
    segments = np.sort(random.uniform(0, duration, (number, 2)), axis=1)
    labels = random.integers(0, num_classes, number)
    return RecordingView("a", duration, segments, labels, segments, random.random(number), labels)


@pytest.mark.parametrize("width", [320, 1920])
@pytest.mark.parametrize("num_classes", [1, 20, 110])
@pytest.mark.parametrize("duration", [0.04, 30.0, 3 * 3600.0])
def test_any_recording_fits(width: int, num_classes: int, duration: float) -> None:
    view = crowd(300, num_classes, duration)
    classes = [f"a long name of class {i}" for i in range(num_classes)]
    strip = VideoStrip(view, classes, find_hits(view), width=width, length=duration, score_thr=0.1)
    assert strip.height % 2 == 0 and strip.height < 300
    assert strip.pages == max(1, round(duration / PAGE_SECONDS))
    for seconds in (0.0, duration / 2, duration, duration + 5):
        picture = strip.picture(strip.state_at(seconds))
        assert picture.size == (width, strip.height)
        for left, top, bottom in strip.cursor(seconds):
            assert 0 <= left <= width - 2 and 0 <= top < bottom <= strip.height


def test_a_picture_changes_only_when_something_does() -> None:
    view = RecordingView("a", 10.0, np.array([[1.25, 5.5]]), np.array([0]))
    strip = VideoStrip(view, ["run"], find_hits(view), width=400, length=10.0)
    states = [strip.state_at(t) for t in (1.0, 1.2, 1.25, 1.5, 2.0, 5.49, 5.5)]
    assert [a == b for a, b in pairwise(states)] == [
        True, False, True, False, False, False,
    ]  # fmt: skip
    assert states[0][2] == () and states[2][2] == (0,)
    blank, named = (np.asarray(strip.picture(s)) for s in states[1:3])
    assert (blank != named).any()


def test_nothing_annotated_and_nothing_predicted() -> None:
    view = RecordingView("a", 5.0)
    strip = VideoStrip(view, ["run"], find_hits(view), width=320, length=0.0)
    assert strip.picture(strip.state_at(1.0)).size == (320, strip.height)
    assert len(strip.cursor(0.0)) == 1  # a row of instances, none of predictions


def test_missed_and_false_ones_of_a_pixel_are_hollow_and_striped() -> None:
    """What one picture in 64 shows is no wider than a pixel in ten minutes."""
    segments = np.array([[20.0, 20.1], [50.0, 50.1]])  # found, missed
    view = RecordingView(
        "a", 100.0, gt_segments=segments, gt_labels=np.zeros(2, int),
        pred_segments=np.array([[20.0, 20.1], [80.0, 80.1]]),  # true, false
        pred_scores=np.array([0.9, 0.8]), pred_labels=np.zeros(2, int),
    )  # fmt: skip
    strip = VideoStrip(view, ["run"], find_hits(view), width=640, length=100.0)
    pixels = np.asarray(strip.picture(strip.state_at(0)))
    color = np.array(ImageColor.getrgb(class_color(0)))
    middle = strip.bars_top + strip.bars_height // 2

    def near(seconds: float, row: int) -> tuple[int, int]:
        """Pixels of the class's color, and white ones between them."""
        x = round(strip.gutter + seconds / 100 * (640 - strip.gutter))
        line = pixels[middle + row * strip.row_height, x - 6 : x + 7]
        own = (line == color).all(axis=1)
        inner = slice(own.argmax(), len(own) - own[::-1].argmax())
        return int(own.sum()), int((line[inner] == 255).all(axis=1).sum())

    assert near(20, 0) == near(20, 1) == (2, 0)
    assert near(50, 0) == (4, 4)
    assert near(80, 1)[1] > 0


def test_a_short_one_is_named_long_enough_to_be_read() -> None:
    view = RecordingView("a", 10.0, gt_segments=np.array([[2.0, 2.1]]), gt_labels=np.zeros(1, int))
    strip = VideoStrip(view, ["run"], find_hits(view), width=640, length=10.0)
    assert [strip.state_at(t)[2] for t in (1.9, 2.0, 2.45, 2.5)] == [(), (0,), (0,), ()]
