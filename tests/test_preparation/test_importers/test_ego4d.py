"""Ego4D-MQ: the rules of the official release, worked out by hand.

The whole converter was once compared with that of the release on 72 random clips: equal.
"""

from collections.abc import Callable

import pytest


def label(name: str, start: float, end: float, *, primary: bool = True) -> dict:
    return dict(
        primary=primary,
        label=name,
        video_start_time=start,
        video_end_time=end,
        video_start_frame=int(30 * start),
        video_end_frame=int(30 * end),
    )


def clip(uid: str, labels: list, *, start: float = 10.0, end: float = 110.0, rate: float = 30):
    return dict(
        clip_uid=uid,
        video_start_sec=start,
        video_end_sec=end,
        video_start_frame=int(start * rate),
        video_end_frame=int(end * rate),
        annotations=[dict(annotator_uid="x", labels=labels)],
    )


def moments(*clips: dict, split: str = "train") -> dict:
    return {"version": "v1", "videos": [dict(video_uid="v", split=split, clips=list(clips))]}


def test_one_clip(load: Callable, write: Callable) -> None:
    labels = [
        label("wash", 20.0, 25.0),
        label("wash", 20.0, 25.0, primary=False),
        label("dry", 30.0, 30.24),  # shorter than 0.25 s
        label("dry", 30.0, 30.25),
    ]
    imported = load(write("moments_train.json", moments(clip("c", labels))))
    # Frame 300 is 12 frames after frame 288 = 18 * 16, so that all moves by 12 / 30 = 0.4 s.
    # 3000 + 12 frames are 4 short of 32 + 187 * 16 ... they end on the grid with 12 more.
    assert imported.formats == ("ego4d",)
    assert imported.database == {
        "c": dict(
            subset="training",
            duration=pytest.approx(100.8),
            fps=30.0,
            annotations=[
                dict(label="wash", label_id=1, segment=[10.4, 15.4]),
                dict(label="dry", label_id=0, segment=[20.4, 20.65]),
            ],
        )
    }
    assert imported.dropped == {"label that is not primary": 1, "shorter than 0.25 s": 1}


def test_features_of_clips_need_no_shift(load: Callable, write: Callable) -> None:
    path = write("moments_val.json", moments(clip("c", [label("wash", 20.0, 25.0)]), split="val"))
    imported = load(path, feature_stride=1, snippet_frames=1)
    assert imported.database["c"]["annotations"][0]["segment"] == [10.0, 15.0]
    assert imported.database["c"]["duration"] == 100.0
    assert imported.database["c"]["subset"] == "validation"


def test_clips_that_are_left_out(load: Callable, write: Callable) -> None:
    wash = [label("wash", 20.0, 25.0)]
    content = moments(
        clip("slow", wash, rate=5),
        clip("fast", wash, rate=120),
        clip("no_time", wash, end=10.0),
        clip("empty", []),
        clip("kept", wash),
    )
    imported = load(write("moments_train.json", content))
    assert list(imported.database) == ["kept"]
    assert imported.dropped == {
        "clip with less than 10 or more than 100 frames per second": 3,
        "clip without instances": 1,
    }


def test_a_clip_that_begins_before_its_video(load: Callable, write: Callable) -> None:
    content = moments(clip("c", [label("wash", 20.0, 25.0)], start=-0.02))
    imported = load(write("moments_train.json", content))
    assert imported.database["c"]["annotations"][0]["segment"] == [20.0, 25.0]


def test_errors(load: Callable, write: Callable) -> None:
    bad = clip("c", [label("wash", 20.0, 25.0)])
    del bad["annotations"][0]["labels"][0]["video_end_time"]
    nameless = clip("d", [label("", 20.0, 25.0)])
    with pytest.raises(ValueError) as caught:
        load(write("moments_train.json", moments(bad, nameless)))
    assert "clip 'c': lacks 'video_end_time'" in str(caught.value)
    assert "clip 'd', label 0 of 'x': needs two times and a label" in str(caught.value)
    with pytest.raises(ValueError, match="is not complete as Ego4D"):
        load(write("moments_train.json", moments(["no clip"])))  # type: ignore[arg-type]
