"""Open feature files or raw signals as a lazy :class:`FeatureArray`, videos as frames.

The dict that passes through a pipeline holds ``video_id``, ``duration`` (s), ``grid``
(FeatureGrid), ``segments`` (N, 2) float32 in seconds, ``labels`` (N,) int64, ``rng`` (NumPy
generator of this sample), and from :class:`LoadFeatures` on ``feats`` (FeatureArray).
"""

from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.features import open_features
from mmtal.datasets.frames import FrameArray, check_size
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
class LoadFrames:
    """Open the recording's video: one picture for each step of its grid, decoded when it is read.

    Where features would be, ``feats`` is then a FrameArray, which ``Truncate`` and
    ``TemporalStride`` cut as they cut features: a window is sought, and it alone is decoded.
    ``PackInputs`` makes ``inputs`` of it, uint8 (T, H, W, 3), RGB. The picture of a step is the one
    shown in the middle of its snippet. Needs one video in ``feat_paths``, ``num_features`` and
    ``grid``.

    Args:
        size: Pixels of the shorter side, or (height, width); None: as the video has them.
        per_step: Pictures of each step, S: from that one on, evenly up to the next step's;
            ``inputs`` are then (T, S, H, W, 3).
    """

    changes_grid = False
    size: int | tuple[int, int] | None = None
    _: KW_ONLY
    per_step: int = 1

    def __post_init__(self) -> None:
        if self.per_step < 1:
            raise ValueError(f"per_step must be >= 1, but got {self.per_step}")
        if self.size is not None:
            check_size(self.size)

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        if len(results["feat_paths"]) != 1:
            raise ValueError(
                f"recording '{results['video_id']}': LoadFrames must have one video, but got "
                f"{', '.join(results['feat_paths'])}"
            )
        size = tuple(self.size) if isinstance(self.size, list) else self.size
        steps = np.arange(results["num_features"] * self.per_step) / self.per_step
        times = results["grid"].to_seconds(steps)
        if self.per_step > 1:
            times = times.reshape(-1, self.per_step)
        results["feats"] = FrameArray(Path(results["feat_paths"][0]), times, size)
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
