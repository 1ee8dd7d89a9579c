"""A sound data set on disk, to be spoiled."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmtal.preparation.verification import Report, verify

CHANNELS = 5
LENGTH = 60


class Own:
    """Four training and two validation recordings; 2 features per second for 30 s."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ann = root / "ann.json"
        self.features = root / "features"
        self.features.mkdir()
        self.random = np.random.default_rng(0)
        self.database: dict[str, Any] = {}
        for index in range(6):
            name = f"r{index}"
            self.database[name] = {
                "subset": "training" if index < 4 else "validation",
                "duration": 30.0,
                "fps": 4,
                "annotations": [
                    {"label": "run", "label_id": 0, "segment": [2.0, 8.0]},
                    {"label": "jump", "label_id": 1, "segment": [10.5, 12.5]},
                ],
            }
            self.put(name)

    def put(self, name: str, array: np.ndarray | None = None, folder: str = "features") -> Path:
        path = self.root / folder / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, self.array() if array is None else array)
        return path

    def array(self, *shape: int) -> np.ndarray:
        return self.random.normal(size=shape or (LENGTH, CHANNELS)).astype(np.float32)

    def instance(self, name: str = "r0", index: int = 0) -> dict:
        return self.database[name]["annotations"][index]

    def write(self) -> Path:
        self.ann.write_text(json.dumps({"database": self.database}))
        return self.ann

    def verify(self, **changes: Any) -> Report:
        arguments = {"features": self.features, "feature_stride": 2, "snippet_frames": 2}
        return verify(self.write(), **{**arguments, **changes})


@pytest.fixture
def own(tmp_path: Path) -> Own:
    return Own(tmp_path)
