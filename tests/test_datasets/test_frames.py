"""Videos in place of feature files: the data set, LoadFrames, windows."""

import json
from pathlib import Path

import numpy as np
import pytest
from clips import number_of, write_clip

from mmtal.datasets import LoadFrames, TemporalDataset

pytest.importorskip("av", reason="needs PyAV: pip install av")


def make_dataset(
    folder: Path, *pipeline: dict, duration: float = 4.0, **settings
) -> TemporalDataset:
    """One clip of 4 s at 25 pictures a second."""
    write_clip(folder / "a.mp4", times=100, options={"bf": "3", "g": "12"})
    entry = dict(
        subset="training", duration=duration, fps=25,
        annotations=[dict(label="x", label_id=0, segment=[1.0, 2.0])],
    )  # fmt: skip
    (folder / "ann.json").write_text(json.dumps(dict(database=dict(a=entry))))
    settings = dict(feature_stride=1, snippet_frames=1, file_ext=".mp4") | settings
    return TemporalDataset(
        "ann.json", data_root=str(folder), features=".", subset="training",
        pipeline=[dict(type="LoadFrames", size=16), *pipeline, dict(type="PackInputs")], **settings,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("why", "settings", "numbers"),
    [
        ("every picture", {}, range(100)),
        ("every fifth", dict(feature_stride=5), range(0, 100, 5)),
        (
            "in the middle of a snippet",
            dict(feature_stride=10, snippet_frames=9),
            range(4, 100, 10),
        ),
        ("at another rate", dict(fps=10), [int(2.5 * (step + 0.5)) for step in range(40)]),
    ],
)
def test_pictures_on_a_grid(tmp_path: Path, why: str, settings: dict, numbers) -> None:
    found = make_dataset(tmp_path, **settings)[0]["inputs"].numpy()
    assert found.dtype == np.uint8 and found.shape == (len(numbers), 16, 48, 3)
    assert list(map(number_of, found)) == list(numbers)


def test_a_window_keeps_pictures_and_segments_together(tmp_path: Path) -> None:
    cut = dict(type="Truncate", max_len=20, min_overlap=0.3, crop_ratio=None)
    dataset = make_dataset(tmp_path, cut)
    for epoch in range(3):
        dataset.set_epoch(epoch)
        packed = dataset[0]
        grid, numbers = packed["data_samples"].grid, list(map(number_of, packed["inputs"].numpy()))
        assert numbers == list(range(int(grid.start), int(grid.start) + 20))
        assert grid.to_seconds(0) == pytest.approx((numbers[0] + 0.5) / 25)


def test_a_length_that_disagrees_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"should have 200 features, but got 100 .*a.mp4"):
        make_dataset(tmp_path, duration=8.0)


@pytest.mark.parametrize("size", [0, -3, (4,), (0, 4), 2.5, "big"])
def test_sizes_are_checked(size) -> None:
    with pytest.raises(ValueError, match="size must be pixels of the shorter side or"):
        LoadFrames(size=size)


def test_one_video_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'a': LoadFrames must have one video, but got x, y"):
        LoadFrames()(dict(video_id="a", feat_paths=["x", "y"]))
