"""OpenTAD's windows and resized features. T features of C channels."""

from typing import Any

from mmtal.datasets import ResizeFeatures, Truncate
from mmtal.registry import TRANSFORMS
from mmtal.structures import FeatureGrid


@TRANSFORMS.register_module()
class OpenTADTruncate(Truncate):
    """A window that ends at its first and last feature, not half a snippet later."""

    def bounds(self, grid: FeatureGrid, start: int, length: int) -> tuple[float, float]:
        """First and last second of a window."""
        return grid.to_seconds(float(start)), grid.to_seconds(float(start + length))


@TRANSFORMS.register_module()
class OpenTADResize(ResizeFeatures):
    """A new feature is the mean of those in its place; feature g of G is at g / G of the duration.

    The release takes the value in the middle, and lets the new features cover the old ones' frames.
    """

    def new_grid(self, results: dict[str, Any]) -> FeatureGrid:
        """The grid of ``length`` features that share the recording's duration."""
        fps = results["grid"].fps
        stride = results["duration"] * fps / self.length
        return FeatureGrid(stride, snippet_frames=0, fps=fps)

    def samples(self, num_features: int) -> int:
        """Old features that a new one is the mean of."""
        return -(-num_features // self.length)
