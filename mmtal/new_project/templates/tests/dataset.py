"""MyComponent on two recordings, through this project's config."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from mmtal.datasets import TemporalDataset
from mmtal.registry import DATASETS

CONFIG = Path(__file__).resolve().parents[1] / "configs" / "hapt_my_project.py"
DURATIONS = {"short": 10.0, "long": 60.0}


def build(folder: Path, max_duration: float) -> TemporalDataset:
    """The data set of the config, on recordings of 150 channels and one feature per second."""
    database = {}
    for name, duration in DURATIONS.items():
        np.savez(folder / f"{name}.npz", feats=np.zeros((int(duration), 150), np.float32))
        walk = dict(label="walk", label_id=0, segment=[2.0, 7.0])
        database[name] = dict(subset="training", duration=duration, fps=1, annotations=[walk])
    (folder / "annotations.json").write_text(json.dumps(dict(database=database)))
    config = Config.fromfile(CONFIG).train_dataloader.dataset
    config.update(
        data_root=str(folder), features=".", fps=1, max_duration=max_duration, pipeline=[]
    )
    return DATASETS.build(config)


@pytest.mark.parametrize(("max_duration", "expected"), [(60, ["short", "long"]), (59, ["short"])])
def test_long_recordings_are_left_out(
    tmp_path: Path, max_duration: float, expected: list[str]
) -> None:
    dataset = build(tmp_path, max_duration)
    assert type(dataset).__name__ == "MyComponent"
    assert [dataset[index]["video_id"] for index in range(len(dataset))] == expected
    assert dataset[0]["segments"].tolist() == [[2.0, 7.0]]


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="max_duration must be >= 10 s"):
        build(tmp_path, 9)
