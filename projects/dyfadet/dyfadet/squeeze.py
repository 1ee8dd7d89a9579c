"""OpenTAD's way to test recordings that are longer than sequences in training."""

from dataclasses import replace
from typing import Any

from mmtal.datasets import ResizeFeatures
from mmtal.registry import TRANSFORMS
from mmtal.structures import FeatureGrid


@TRANSFORMS.register_module()
class SqueezeLong(ResizeFeatures):
    """Interpolate recordings of more than ``length`` features to ``length``; leave the others.

    A snippet's middle is scaled, too, so that a time is, as in OpenTAD.
    """

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        if len(results["feats"]) <= self.length:
            return results
        return super().__call__(results)

    def new_grid(self, results: dict[str, Any]) -> FeatureGrid:
        """The grid with stride and snippet scaled alike."""
        grid, share = results["grid"], len(results["feats"]) / self.length
        return replace(
            grid,
            feature_stride=grid.feature_stride * share,
            snippet_frames=grid.snippet_frames * share,
        )
