"""The strip below a video."""

from itertools import pairwise

import numpy as np
import pytest

from mmtal.evaluation.recording_hits import find_hits
from mmtal.structures import RecordingView
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
