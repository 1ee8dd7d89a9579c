"""Feature grid: conversion between seconds and feature-grid units."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import torch

Times = TypeVar("Times", float, np.ndarray, "torch.Tensor")


@dataclass(frozen=True)
class FeatureGrid:
    """Where the features of a recording lie in time.

    Feature ``g`` stands for the ``snippet_frames`` frames from frame ``(start + g) *
    feature_stride`` on; its time is the middle of them.

    Attributes:
        feature_stride: Frames from one snippet's start to the next one's.
        snippet_frames: Frames behind one feature.
        fps: Frames per second.
        start: First feature of this window in the whole recording, in grid units.
    """

    feature_stride: float
    snippet_frames: float
    fps: float
    start: float = 0.0

    def __post_init__(self) -> None:
        for name in ("feature_stride", "fps"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, but got {getattr(self, name)}")
        if not self.snippet_frames >= 0:
            raise ValueError(f"snippet_frames must be >= 0, but got {self.snippet_frames}")

    @property
    def snippet_offset(self) -> float:
        """Half a snippet, in grid units."""
        return 0.5 * self.snippet_frames / self.feature_stride

    def to_grid(self, seconds: Times) -> Times:
        """Seconds to grid units of this window; any shape."""
        return seconds * (self.fps / self.feature_stride) - (self.snippet_offset + self.start)

    def to_seconds(self, positions: Times) -> Times:
        """Grid units of this window to seconds; the inverse of :meth:`to_grid`."""
        return (positions + (self.snippet_offset + self.start)) * (self.feature_stride / self.fps)

    def window(self, start: int) -> "FeatureGrid":
        """The grid of the window that begins ``start`` features into this one."""
        return replace(self, start=self.start + start)

    def strided(self, factor: int) -> "FeatureGrid":
        """The grid of every ``factor``-th feature of a whole recording."""
        if self.start:
            raise ValueError("take the temporal stride before cutting a window")
        return replace(self, feature_stride=self.feature_stride * factor)

    def windowed(self, size: int, step: int) -> "FeatureGrid":
        """The grid of windows of ``size`` features, ``step`` apart, over a whole recording."""
        return FeatureGrid(
            feature_stride=self.feature_stride * step,
            snippet_frames=(size - 1) * self.feature_stride + self.snippet_frames,
            fps=self.fps,
        )

    def resized(self, num_features: int, length: int) -> "FeatureGrid":
        """The grid after ``num_features`` features were interpolated to ``length``.

        The new snippets touch each other and cover the same frames (ActivityNet's rule).
        """
        frames = (num_features - 1) * self.feature_stride + self.snippet_frames
        stride = frames / length
        return FeatureGrid(feature_stride=stride, snippet_frames=stride, fps=self.fps)

    @classmethod
    def covering(cls, num_features: int, *, duration: float, fps: float) -> "FeatureGrid":
        """The grid of snippets that touch each other and cover a recording of so many seconds."""
        stride = duration * fps / max(num_features, 1)
        return cls(feature_stride=stride, snippet_frames=stride, fps=fps)

    def num_features(self, duration: float) -> float:
        """How many features a recording of ``duration`` seconds should have (not rounded)."""
        return (duration * self.fps - self.snippet_frames) / self.feature_stride + 1
