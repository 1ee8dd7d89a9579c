"""Normalization of feature channels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmtal.datasets.features import FeatureArray
from mmtal.registry import TRANSFORMS


@TRANSFORMS.register_module()
class Normalize:
    """Bring each channel to mean 0 and deviation 1.

    Without arguments the recording's own mean and deviation are taken, of whatever part of it
    the pipeline holds: before ``Truncate`` of the whole recording (which is then read whole).

    Args:
        mean: Mean of each channel (C,).
        std: Standard deviation of each channel (C,), > 0.
    """

    changes_grid = False

    def __init__(
        self, *, mean: Sequence[float] | None = None, std: Sequence[float] | None = None
    ) -> None:
        if (mean is None) != (std is None):
            raise ValueError("mean and std must be given together or not at all")
        if mean is not None and std is not None and len(mean) != len(std):
            raise ValueError(f"mean and std must be as long, but got {len(mean)} and {len(std)}")
        if std is not None and min(std) <= 0:
            raise ValueError(f"std must be > 0 in every channel, but got {min(std)}")
        self.mean = None if mean is None else np.asarray(mean, dtype=np.float32)
        self.std = None if std is None else np.asarray(std, dtype=np.float32)

    @property
    def pointwise(self) -> bool:
        """Whether each feature is treated by itself."""
        return self.mean is not None

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        values = results["feats"].read()  # (T, C)
        if self.mean is None or self.std is None:
            mean, std = values.mean(axis=0, dtype=np.float64), values.std(axis=0, dtype=np.float64)
            std[std < 1e-6 * np.abs(mean) + 1e-12] = 1  # a constant channel becomes 0
        else:
            mean, std = self.mean, self.std
            if len(mean) != values.shape[1]:
                raise ValueError(
                    f"mean and std must have one value for each of the {values.shape[1]} channels "
                    f"of recording '{results['video_id']}', but got {len(mean)}"
                )
        values -= mean.astype(np.float32)
        values /= std.astype(np.float32)
        results["feats"] = FeatureArray((values,))
        return results

    def __repr__(self) -> str:
        return f"Normalize({'per recording' if self.mean is None else 'given mean and std'})"
