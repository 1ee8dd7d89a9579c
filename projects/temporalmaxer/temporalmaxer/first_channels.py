"""A part of the features' channels."""

from dataclasses import dataclass
from typing import Any

from mmtal.datasets import FeatureArray
from mmtal.registry import TRANSFORMS


@TRANSFORMS.register_module()
@dataclass(eq=False)
class FirstChannels:
    """Keep the first channels; the others are never read.

    Args:
        num_channels: How many.
    """

    changes_grid = False
    num_channels: int

    def __post_init__(self) -> None:
        if self.num_channels < 1:
            raise ValueError(f"num_channels must be >= 1, but got {self.num_channels}")

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        feats = results["feats"]
        if feats.num_channels < self.num_channels or len(feats.sources) > 1:
            raise ValueError(
                f"recording '{results['video_id']}' must have at least {self.num_channels} "
                f"channels in one source, but has {feats.num_channels} in {len(feats.sources)}: "
                "give the features of the release, or take FirstChannels out of the pipeline"
            )
        results["feats"] = FeatureArray((feats.sources[0][:, : self.num_channels],))
        return results
