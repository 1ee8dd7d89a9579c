"""Labels of FIR-Image-Action-Dataset: times in rows of a thermal camera, videos beside them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from clips import write_clip

LABELS = "a_01.csv,0,16,walk,16,32,sitdown,32,48,sit,\nb_01.csv,8,16,walk,\n"


def test_rows_become_seconds(load: Callable, write: Callable) -> None:
    imported = load(write("labels/labels.csv", LABELS), background=("SIT",))
    assert imported.formats == ("fir-image",) and imported.dropped == {"background": 1}
    assert imported.database == {
        "a_01": dict(
            subset="training",
            annotations=[
                dict(label="walk", label_id=1, segment=[0, 2.0526]),
                dict(label="sitdown", label_id=0, segment=[2.0526, 4.1052]),
            ],
        ),
        "b_01": dict(
            subset="training",
            annotations=[dict(label="walk", label_id=1, segment=[1.0263, 2.0526])],
        ),
    }


def test_recordings_without_a_video_are_left_out(load: Callable, write: Callable) -> None:
    pytest.importorskip("av", reason="needs PyAV: pip install av")
    path: Path = write("labels/labels.csv", LABELS)
    (path.parent.parent / "video").mkdir()
    write_clip(path.parent.parent / "video" / "b_01.mp4", times=75)
    imported = load(path)
    assert {name: entry["duration"] for name, entry in imported.database.items()} == {"b_01": 3}
    assert list(imported.dropped.values()) == [1]
    path.write_text(LABELS.replace("8,16,walk,\n", "16,32,walk\n"))
    with pytest.raises(ValueError, match=r"(?s)outside the recording .*line 2: 'walk' \[2.05"):
        load(path)


def test_half_an_instance_is_an_error(load: Callable, write: Callable) -> None:
    path = write("labels.csv", "a.csv,0,16,walk,16,32\n")
    with pytest.raises(
        ValueError, match=r"line 1: must be start, end and label in turn.*walk,16,32'"
    ):
        load(path, format_name="fir-image")
