"""A small data set on disk, and ways to spoil it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmtal.datasets import TemporalDataset

PIPELINE = [{"type": "LoadFeatures"}, {"type": "PackInputs"}]
NUM_CHANNELS = 3


class Disk:
    """Two training recordings, one for validation; 10 features per second for 10 s."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.database: dict = {}
        self.features = root / "features"
        self.features.mkdir()
        for index, (name, subset) in enumerate(
            [("a", "Training"), ("b", "Training"), ("c", "Validation")]
        ):
            self.database[name] = {
                "subset": subset,
                "duration": 10.0,
                "fps": 10.0,
                "annotations": [
                    {"label": "run", "label_id": 0, "segment": [1.0, 4.0]},
                    {"label": "jump", "label_id": 1, "segment": [6.0, 8.0]},
                ],
            }
            self.put(name, np.full((100, NUM_CHANNELS), index, np.float32))

    def put(self, name: str, array: np.ndarray, folder: str = "features") -> Path:
        path = self.root / folder / f"{name}.npy"
        path.parent.mkdir(exist_ok=True)
        np.save(path, array)
        return path

    def instance(self, video_id: str = "a", index: int = 0) -> dict:
        return self.database[video_id]["annotations"][index]

    def write(self) -> None:
        (self.root / "ann.json").write_text(json.dumps({"database": self.database}))

    def dataset(self, **changes) -> TemporalDataset:
        self.write()
        arguments = {
            "data_root": str(self.root),
            "features": "features",
            "subset": "training",
            "feature_stride": 1,
            "snippet_frames": 1,
            "pipeline": PIPELINE,
        }
        return TemporalDataset("ann.json", **{**arguments, **changes})


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.fixture
def make_results() -> Callable[..., dict]:
    """A sample as the dataset and LoadFeatures would make it."""
    from mmtal.datasets import FeatureArray
    from mmtal.structures import FeatureGrid

    def make(
        num_features: int, segments: list, *, grid: FeatureGrid | None = None, seed: int = 0
    ) -> dict:
        values = np.arange(num_features * NUM_CHANNELS, dtype=np.float32)
        return {
            "video_id": "a",
            "duration": float(num_features),
            "grid": grid or FeatureGrid(feature_stride=1, snippet_frames=1, fps=1),
            "feats": FeatureArray((values.reshape(num_features, NUM_CHANNELS),)),
            "segments": np.array(segments, dtype=np.float32).reshape(-1, 2),
            "labels": np.arange(len(segments), dtype=np.int64),
            "rng": np.random.default_rng(seed),
        }

    return make
