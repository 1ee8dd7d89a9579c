"""Open feature files or raw signals as a lazy :class:`FeatureArray`.

The dict that passes through a pipeline holds ``video_id``, ``duration`` (s), ``grid``
(FeatureGrid), ``segments`` (N, 2) float32 in seconds, ``labels`` (N,) int64, ``rng`` (NumPy
generator of this sample), and from :class:`LoadFeatures` on ``feats`` (FeatureArray).
"""

from dataclasses import KW_ONLY, dataclass
from typing import Any

from mmtal.datasets.features import open_features
from mmtal.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadFeatures:
    """Open the recording's feature files; what is never used is never read.

    Needs ``feat_paths`` and, for files with named arrays, ``feature_key``; ``rate``, samples per
    second, for tables of sensors. Adds ``feats``.
    """

    changes_grid = False

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        key, rate = results.get("feature_key"), results.get("rate")
        results["feats"] = open_features(results["feat_paths"], key=key, rate=rate)
        return results


@TRANSFORMS.register_module()
@dataclass(eq=False)
class SlidingWindow:
    """Make features of a raw signal: windows of samples, flattened channel by channel.

    The dataset describes the signal itself (``feature_stride=1, snippet_frames=1``, ``fps`` the
    sample rate, files (samples, channels)); this transform sets the grid of the windows.

    Args:
        window_size: Samples in a window.
        window_stride: Samples between the starts of neighboring windows.
    """

    changes_grid = True
    window_size: int
    _: KW_ONLY
    window_stride: int

    def __post_init__(self) -> None:
        for name in ("window_size", "window_stride"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1 sample, but got {getattr(self, name)}")

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        feats, grid = results["feats"], results["grid"]
        if len(feats) < self.window_size:
            raise ValueError(
                f"recording '{results['video_id']}' has {len(feats)} samples, fewer than one "
                f"window of {self.window_size}. Take it out of the annotations or shorten "
                "window_size"
            )
        if grid.start:
            raise ValueError("SlidingWindow must come before Truncate in the pipeline")
        results["feats"] = feats.windows(self.window_size, self.window_stride)
        results["grid"] = grid.windowed(self.window_size, self.window_stride)
        return results
