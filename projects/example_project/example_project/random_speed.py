"""An augmentation that changes how fast things happen. T features of C channels."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from mmtal.datasets import FeatureArray
from mmtal.registry import TRANSFORMS
from mmtal.structures import FeatureGrid


@TRANSFORMS.register_module()
@dataclass(eq=False)
class RandomSpeed:
    """Interpolate the features as if everything had happened faster or slower.

    Only the features and their grid change. The ground truth is in seconds of the recording, and
    those stay what they are: the new grid says which feature now lies at which second.

    Args:
        low: Least speed; 0.5 gives twice as many features.
        high: Greatest speed; 2 gives half as many.
    """

    changes_grid = True
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high:
            raise ValueError(f"speeds must be 0 < low <= high, but got {self.low} and {self.high}")

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        values, grid = results["feats"].read(), results["grid"]  # (T, C)
        if grid.start:
            raise ValueError("RandomSpeed must come before Truncate in the pipeline")
        # results["rng"], never np.random: it depends on (seed, epoch, recording) alone, so that
        # workers, ranks and interruptions change nothing.
        speed = results["rng"].uniform(self.low, self.high)
        length = max(1, round(len(values) / speed))
        columns = torch.from_numpy(values).t()[None]  # (1, C, T)
        columns = F.interpolate(columns, length, mode="linear", align_corners=False)
        results["feats"] = FeatureArray((columns[0].t().numpy(),))

        # New feature j lies at (j + 1/2) step - 1/2 of the old ones.
        step = len(values) / length
        results["grid"] = FeatureGrid(
            feature_stride=grid.feature_stride * step,
            snippet_frames=grid.snippet_frames + grid.feature_stride * (step - 1),
            fps=grid.fps,
        )
        return results
