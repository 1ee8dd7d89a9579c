"""Normalization of feature channels."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmtal.datasets.features import FeatureArray
from mmtal.registry import TRANSFORMS
from mmtal.runtime.stages import safe_deviation

Scope = Literal["recording", "training"]


@TRANSFORMS.register_module()
class Normalize:
    """Bring each channel to mean 0 and deviation 1.

    Args:
        over: What mean and deviation are taken over. ``recording``: of each recording its own, of
            whatever part of it the pipeline holds (before ``Truncate`` the whole, which is then
            read whole). ``training``: of all training recordings;
            :class:`mmtal.engine.FeatureStatisticsHook` computes them when training begins and
            saves them in the checkpoints, from which testing and inference take them.
        mean: Mean of each channel (C,), in place of ``over``.
        std: Standard deviation of each channel (C,), > 0.
    """

    changes_grid = False

    def __init__(
        self,
        *,
        over: Scope = "recording",
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> None:
        if over not in ("recording", "training"):
            raise ValueError(f"over must be 'recording' or 'training', but got {over!r}")
        if (mean is None) != (std is None):
            raise ValueError("mean and std must be given together or not at all")
        if mean is not None and over == "training":
            raise ValueError(
                "mean and std must not be given with over='training', which finds them"
            )
        self.over = over
        self.mean: NDArray[np.float32] | None = None
        self.std: NDArray[np.float32] | None = None
        if mean is not None and std is not None:
            self.set_statistics(mean, std)

    @property
    def needs_statistics(self) -> bool:
        """Whether it waits for mean and deviation of the training recordings."""
        return self.over == "training" and self.mean is None

    def set_statistics(self, mean: ArrayLike, std: ArrayLike) -> None:
        """Take these values for every recording from now on: (C,) each."""
        means, stds = (np.asarray(values, dtype=np.float32) for values in (mean, std))
        if len(means) != len(stds):
            raise ValueError(f"mean and std must be as long, but got {len(means)} and {len(stds)}")
        if not stds.min() > 0:
            raise ValueError(f"std must be > 0 in every channel, but got {stds.min()}")
        self.mean, self.std = means, stds

    @property
    def pointwise(self) -> bool:
        """Whether each feature is treated by itself."""
        return self.over == "training" or self.mean is not None

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        values = results["feats"].read()  # (T, C)
        mean, std = self.mean, self.std
        if mean is None or std is None:
            if self.over == "training":
                raise ValueError(
                    "Normalize(over='training') has no statistics: it gets them from the "
                    "checkpoint of a model that was trained with this config, and training finds "
                    "them by default_hooks.statistics=dict(type='FeatureStatisticsHook')"
                )
            own = values.mean(axis=0, dtype=np.float64)
            deviation = safe_deviation(own, values.std(axis=0, dtype=np.float64))
            mean, std = own.astype(np.float32), deviation.astype(np.float32)
        elif len(mean) != values.shape[1]:
            raise ValueError(
                f"mean and std must have one value for each of the {values.shape[1]} channels "
                f"of recording '{results['video_id']}', but got {len(mean)}"
            )
        values -= mean
        values /= std
        results["feats"] = FeatureArray((values,))
        return results

    def __repr__(self) -> str:
        return (
            f"Normalize({'given mean and std' if self.mean is not None else 'over ' + self.over})"
        )
