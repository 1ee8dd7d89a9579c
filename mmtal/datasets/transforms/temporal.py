"""Transforms that change the position of features in time."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from mmtal.datasets.features import FeatureArray
from mmtal.datasets.frames import FrameArray
from mmtal.registry import TRANSFORMS
from mmtal.structures import FeatureGrid


@TRANSFORMS.register_module()
@dataclass(eq=False)
class TemporalStride:
    """Keep every ``factor``-th feature.

    Args:
        factor: Features to one that is kept.
    """

    changes_grid = True
    window_size = 1
    factor: int

    def __post_init__(self) -> None:
        if self.factor < 1:
            raise ValueError(f"factor must be >= 1, but got {self.factor}")
        self.window_stride = self.factor

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        results["feats"] = results["feats"][:: self.factor]
        results["grid"] = results["grid"].strided(self.factor)
        return results


@TRANSFORMS.register_module()
@dataclass(eq=False)
class Truncate:
    """Cut a random window out of a training recording (ActionFormer).

    A recording longer than ``max_len`` is cut to ``max_len`` features, a shorter one to a random
    share of its length. The window must keep at least one instance; an instance is kept if
    ``min_overlap`` of it is inside, and is then clipped. If ``max_tries`` windows keep no instance,
    the last is taken: it is all background, like every window of a recording without instances.

    Args:
        max_len: Longest sequence, in features.
        min_overlap: Share of an instance that must be inside, (0, 1].
        crop_ratio: Least and greatest share of a recording that is no longer than ``max_len``
            to keep; None keeps all of it.
        max_tries: Windows to try.
    """

    changes_grid = True
    max_len: int
    _: KW_ONLY
    min_overlap: float
    crop_ratio: tuple[float, float] | None = (0.9, 1.0)
    max_tries: int = 200

    def __post_init__(self) -> None:
        for name in ("max_len", "max_tries"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, but got {getattr(self, name)}")
        if not 0 < self.min_overlap <= 1:
            raise ValueError(f"min_overlap must be in (0, 1], but got {self.min_overlap}")
        low, high = self.crop_ratio or (1, 1)
        if not 0 < low <= high <= 1:
            raise ValueError(f"crop_ratio must be 0 < low <= high <= 1, but got {self.crop_ratio}")

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        feats, grid, rng = results["feats"], results["grid"], results["rng"]
        length = self._window_length(len(feats), rng)
        if length == len(feats):
            return results
        for _ in range(self.max_tries):
            start = int(rng.integers(len(feats) - length, endpoint=True))
            segments, kept = keep_inside(
                results["segments"], *self.bounds(grid, start, length), self.min_overlap
            )
            if kept.any() or not len(segments):
                break
        results["feats"] = feats[start : start + length]
        results["grid"] = grid.window(start)
        results["segments"] = segments[kept]
        results["labels"] = results["labels"][kept]
        return results

    def bounds(self, grid: FeatureGrid, start: int, length: int) -> tuple[float, float]:
        """First and last second of a window: half a snippet beyond its first and last feature."""
        margin = grid.snippet_offset
        return grid.to_seconds(start - margin), grid.to_seconds(start + length + margin)

    def _window_length(self, num_features: int, rng: np.random.Generator) -> int:
        if num_features > self.max_len:
            return self.max_len
        if self.crop_ratio is None:
            return num_features
        low, high = (round(ratio * num_features) for ratio in self.crop_ratio)
        return int(rng.integers(max(low, 1), max(high, 1), endpoint=True))


@TRANSFORMS.register_module()
@dataclass(eq=False)
class ResizeFeatures:
    """Interpolate the features of every recording to the same number (ActivityNet).

    Of a video, so many pictures are taken instead, evenly from its whole duration.

    Args:
        length: Features afterwards.
        min_overlap: For training: instances with less than this share before the end of the
            features are dropped, the others end there at the latest (some recordings lack
            frames). None, for testing, leaves the ground truth alone.
    """

    changes_grid = True
    length: int
    _: KW_ONLY
    min_overlap: float | None = None

    def __post_init__(self) -> None:
        if self.length < 1:
            raise ValueError(f"length must be >= 1, but got {self.length}")
        if self.min_overlap is not None and not 0 < self.min_overlap <= 1:
            raise ValueError(f"min_overlap must be in (0, 1] or None, but got {self.min_overlap}")

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        feats, grid = results["feats"], results["grid"]
        if grid.start:
            raise ValueError("ResizeFeatures must come before Truncate in the pipeline")
        grid = results["grid"] = self.new_grid(results)
        if isinstance(feats, FrameArray):
            results["feats"] = feats.spread(self.length, results["duration"])
        elif len(feats) != self.length:
            samples = self.samples(len(feats))
            columns = torch.from_numpy(feats.read()).t()[None]  # (1, C, T)
            columns = F.interpolate(
                columns, self.length * samples, mode="linear", align_corners=False
            )
            columns = columns[0].unflatten(1, (self.length, samples)).mean(2)  # (C, length)
            results["feats"] = FeatureArray((columns.t().numpy(),))
        if self.min_overlap is not None:
            end = grid.to_seconds(self.length + grid.snippet_offset)
            segments, kept = keep_inside(results["segments"], -np.inf, end, self.min_overlap)
            results["segments"] = segments[kept]
            results["labels"] = results["labels"][kept]
        return results

    def new_grid(self, results: dict[str, Any]) -> FeatureGrid:
        """The grid of ``length`` features that cover the old ones' frames."""
        return results["grid"].resized(len(results["feats"]), self.length)

    def samples(self, num_features: int) -> int:
        """Values that a new feature is the mean of: the one in its middle."""
        return 1


def keep_inside(
    segments: np.ndarray, start: float, end: float, min_overlap: float
) -> tuple[np.ndarray, np.ndarray]:
    """Clip segments (N, 2) to a window, in seconds, and tell which have enough inside, bool (N,).

    ``min_overlap`` is the least share, > 0; reversed and empty segments are not kept.
    """
    clipped = np.stack([segments[:, 0].clip(min=start), segments[:, 1].clip(max=end)], axis=1)
    inside = (clipped[:, 1] - clipped[:, 0]).clip(min=0)
    lengths = segments[:, 1] - segments[:, 0]
    return clipped, (lengths > 0) & (inside >= min_overlap * lengths)
