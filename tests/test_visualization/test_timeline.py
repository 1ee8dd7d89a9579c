"""Pictures of instances and predictions over time."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

sys.path.insert(0, str(Path(__file__).parent))
from pictures import check_texts, class_names, view, written

from mmtal.evaluation.recording_hits import find_hits
from mmtal.structures import RecordingView
from mmtal.visualization import draw_predictions, save_figure
from mmtal.visualization.colors import class_color
from mmtal.visualization.overview import draw_overview
from mmtal.visualization.timeline import draw_annotations, draw_detections

SIZES = [
    (num_classes, duration, number)
    for num_classes in (1, 20, 110)
    for duration, number in ((30, 8), (10800, 30))
]


@pytest.mark.parametrize(("num_classes", "duration", "number"), SIZES)
def test_nothing_is_written_over_something_else(num_classes, duration, number) -> None:
    recording, names = view(num_classes, duration, number), class_names(num_classes)
    assert check_texts(draw_annotations(recording, names)) > number / 3
    assert check_texts(draw_predictions(recording, names, find_hits(recording))) > number / 3
    assert check_texts(draw_detections(recording, names)) > number / 3


def test_rows_are_the_classes_that_occur() -> None:
    one = np.array([[0.0, 9.0]])
    recording = RecordingView(
        "name", 20.0, one, np.array([4]), one + 5, np.array([0.9]), np.array([2])
    )
    names = [
        text
        for text in written(draw_predictions(recording, list("abcdef"), find_hits(recording)))
        if len(text) == 1
    ]
    assert names == ["c", "e"]
    names = [
        text for text in written(draw_annotations(recording, list("abcdef"))) if len(text) == 1
    ]
    assert names == ["e"]


def test_scores_and_tiou_are_written_and_misses_named() -> None:
    recording = RecordingView(
        "v", 30.0,
        np.array([[0.0, 10.0], [20.0, 30.0]]), np.array([0, 1]),
        np.array([[0.0, 8.0], [10.0, 19.0]]), np.array([0.75, 0.5]), np.array([0, 1]),
    )  # fmt: skip
    texts = written(draw_predictions(recording, ["a", "b"], find_hits(recording)))
    assert "0.75 | 0.80" in texts and "0.50 | 0.00" in texts and texts.count("missed") == 1
    legend = [text for text in texts if "(" in text]
    assert any("found (1)" in text for text in legend)
    assert any("missed (1)" in text for text in legend)
    assert any("true positive, tIoU ≥ 0.5 (1)" in text for text in legend)
    assert any("false positive (1)" in text for text in legend)
    # The instance is missed where its prediction scores too low to be drawn.
    texts = written(draw_predictions(recording, ["a", "b"], find_hits(recording), score_thr=0.8))
    assert texts.count("missed") == 2 and "0 of 2" in " ".join(texts)
    assert "the best score is 0.75" in " ".join(texts)
    texts = written(draw_predictions(recording, ["a", "b"], find_hits(recording, tiou_thr=0.9)))
    assert any("true positive, tIoU ≥ 0.9 (0)" in text for text in texts)


def test_detections_have_the_colors_of_their_classes_paler_the_lower_their_score() -> None:
    at = np.array([[0.0, 9.0], [10.0, 19.0], [20.0, 29.0]])
    recording = RecordingView(
        "v", 30.0, at, np.array([2, 2, 2]), at, np.array([1.0, 0.5, 0.2]), np.array([0, 22, 1])
    )
    names = [f"class {label}" for label in range(23)]
    figure = draw_detections(recording, names)
    texts = written(figure)
    assert "1.00" in texts and "0.50" in texts and "0.20" not in texts
    assert [text for text in texts if text.startswith("class")] == ["class 0", "class 22"]
    assert any("2 of 3 detections" in text for text in texts)
    bars = [bar for axes in figure.axes for bar in axes.collections]
    looks = {
        (to_hex(bar.get_facecolor()[0], keep_alpha=True), bar.get_hatch() or None) for bar in bars
    }
    assert looks == {
        (f"{class_color(0)}ff".lower(), None),
        (f"{class_color(1)}9f".lower(), "//////"),
    }
    # where all score low, the best are drawn
    assert any(
        "2 of 3" in text for text in written(draw_detections(recording, names, score_thr=0.4))
    )
    assert any(
        "1 of 3 detections, those that score at least 0.9" in text
        for text in written(draw_detections(recording, names, score_thr=2.0))
    )


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_a_recording_without_anything(tmp_path: Path, ending: str) -> None:
    empty = RecordingView("empty", 5.0)
    for figure in (
        draw_annotations(empty, ["a"]),
        draw_predictions(empty, ["a"], find_hits(empty)),
        draw_detections(empty, ["a"]),
    ):
        assert "nothing here" in written(figure)
        assert check_texts(figure) >= 3
        assert save_figure(figure, tmp_path / f"out{ending}").stat().st_size > 1000


def test_long_recordings_are_wrapped_and_say_so() -> None:
    start = np.arange(0.0, 10800.0, 300)
    recording = RecordingView(
        "v", 10800.0, np.stack([start, start + 4], axis=1), np.zeros(len(start), int)
    )
    figure = draw_annotations(recording, ["a"])
    assert any("12 lines of 15:00" in text for text in written(figure))


def test_many_predictions_at_once_stay_low() -> None:
    random = np.random.default_rng(0)
    start = random.uniform(0, 5, 200)
    recording = RecordingView(
        "v", 60.0, np.array([[0.0, 30.0]]), np.array([0]),
        np.stack([start, start + 30], axis=1), random.uniform(0.3, 1, 200), np.zeros(200, int),
    )  # fmt: skip
    assert draw_predictions(recording, ["a"], find_hits(recording)).get_size_inches()[1] < 3


def with_events() -> RecordingView:
    """Two segments of class 0, three events of class 1."""
    times = [[3.0, 7.0], [5.0, 5.0], [20.0, 30.0], [33.37, 33.37], [68.04, 68.04]]
    return RecordingView("v", 100.0, np.array(times), np.array([0, 1, 0, 1, 1]))


def test_events_beside_segments_have_no_duration() -> None:
    texts = written(draw_annotations(with_events(), ["run", "whistle"]))
    assert "1:40; 2 instances and 3 events of 2 classes, median 7.0 s" in texts
    assert "4.0 s" in texts and "0.0 s" not in texts
    texts = written(draw_overview(dict(all=[with_events()]), ["run", "whistle"], title="t"))
    assert "events" in texts


def test_narrow_marks_keep_their_color(tmp_path: Path) -> None:
    """Wherever an event falls between two pixels, a mark has its color, not that of its edge."""
    times = 2 + 0.9637 * np.arange(99)
    view = RecordingView("v", 100.0, np.stack([times, times], 1), np.ones(99, int))
    pixels = plt.imread(save_figure(draw_annotations(view, ["run", "whistle"]), tmp_path / "a.png"))
    column = np.abs(pixels[..., :3] - to_rgb(class_color(1))).max(-1).min(0) < 0.1
    marks = np.flatnonzero(np.diff(column.astype(int)) == 1)
    assert len(marks) == 1 + 99  # the square beside the name, and the events
