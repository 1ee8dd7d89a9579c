"""A whole data set in one picture."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pictures import check_texts, class_names, view, written

from mmtal.structures import RecordingView
from mmtal.visualization.overview import draw_overview, duration_text, sample_recordings


def recordings(number: int, num_classes: int, duration: float) -> list[RecordingView]:
    return [
        replace(view(num_classes, duration * (1 + i % 3), 6, seed=i), video_id=f"recording_{i}")
        for i in range(number)
    ]


@pytest.mark.parametrize(
    ("number", "num_classes", "duration"), [(3, 1, 30), (12, 20, 10800), (3, 110, 10800)]
)
def test_nothing_is_written_over_something_else(number, num_classes, duration) -> None:
    views = recordings(number, num_classes, duration)
    figure = draw_overview(
        dict(training=views[:2], validation=views[2:]), class_names(num_classes), title="a.json"
    )
    assert check_texts(figure) > number + num_classes / 2


def test_figures_are_of_all_recordings_and_strips_of_some(monkeypatch) -> None:
    monkeypatch.setattr("mmtal.visualization.overview.MAX_STRIPS", 30)
    one = RecordingView("v", 10.0, np.array([[0.0, 1.0]]), np.array([1]))
    views = [replace(one, video_id=f"v{i}") for i in range(400)]
    none = replace(one, gt_segments=np.zeros((0, 2)), gt_labels=np.zeros(0, int))
    texts = written(draw_overview(dict(train=views, test=[none]), ["a", "b"], title="t"))
    assert any("401 recordings (train: 400, test: 1), 1.1 h, 400 instances" in t for t in texts)
    assert any("1 class without an instance" in text for text in texts)
    assert any("strips: 30 of 401 recordings, spread evenly" in text for text in texts)
    assert "test: no instances" in texts and "400" in texts
    assert "a" not in texts and "b" in texts  # classes that occur
    assert "v0" in texts and "v399" in texts


def test_a_very_long_recording_is_cut_not_the_others() -> None:
    views = [RecordingView(f"v{i}", 60.0) for i in range(20)] + [RecordingView("long", 36000.0)]
    texts = written(draw_overview(dict(train=views), ["a"], title="t"))
    assert "▸ 10:00:00" in texts and texts.count("1:00") >= 20


SAMPLES = [
    ("all, where they are few", dict(a=3, b=2), 10, dict(a=3, b=2)),
    ("shares", dict(a=90, b=10), 50, dict(a=45, b=5)),
    ("a small subset keeps one", dict(a=1000, b=1), 50, dict(a=49, b=1)),
    ("an empty subset", dict(a=3, b=0), 10, dict(a=3, b=0)),
]


@pytest.mark.parametrize(("why", "sizes", "most", "numbers"), SAMPLES, ids=[c[0] for c in SAMPLES])
def test_samples(why, sizes, most, numbers) -> None:
    chosen = sample_recordings(sizes, most)
    assert {name: len(rows) for name, rows in chosen.items()} == numbers
    for name, rows in chosen.items():
        assert rows == sorted(set(rows)) and all(0 <= row < sizes[name] for row in rows)


@pytest.mark.parametrize("views", [[], [RecordingView("v", 5.0)]], ids=["none", "no instance"])
def test_nothing_to_show(views) -> None:
    figure = draw_overview(dict(training=views), ["a"], title="empty")
    assert "no instances" in written(figure)
    check_texts(figure)


def test_durations() -> None:
    assert [duration_text(s) for s in (0.3, 30, 60, 180, 7200)] == [
        "0.3 s", "30 s", "1 min", "3 min", "2 h"
    ]  # fmt: skip
