"""A config's test pipeline for recordings that no annotation file lists.

T features of C channels.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmtal.datasets import FillKeypoints, LoadFeatures
from mmtal.datasets.feature_statistics import Statistics, give_statistics
from mmtal.datasets.features import FeatureArray
from mmtal.inference.recordings import Recording
from mmtal.registry import TRANSFORMS
from mmtal.structures import FeatureGrid
from mmtal.structures.contracts import LazyTransform, Transform


class InferencePipeline:
    """The transforms between loading and packing, in the config's order.

    ``pointwise`` are those at the end that treat each feature by itself, ``transforms`` those of
    the whole recording; ``is_lazy``: these read nothing. Statistics are of the training features,
    as the model's checkpoint holds them.
    """

    def __init__(
        self, dataset: Mapping[str, Any], *, num_channels: int, statistics: Statistics | None = None
    ) -> None:
        pipeline = [TRANSFORMS.build(dict(t)) for t in dataset["pipeline"]]
        give_statistics(pipeline, statistics, source="the checkpoint")
        if len(pipeline) < 2 or not isinstance(pipeline[0], LoadFeatures):
            raise ValueError(
                "the config's test pipeline must begin with LoadFeatures and end with PackInputs, "
                f"but is {[type(t).__name__ for t in pipeline]}"
            )
        self.pack = pipeline.pop()
        self.transforms = pipeline[1:]
        self.pointwise: list[Transform] = []
        while self.transforms and getattr(self.transforms[-1], "pointwise", False):
            self.pointwise.insert(0, self.transforms.pop())
        self.is_lazy = all(isinstance(t, LazyTransform) for t in self.transforms)
        if dataset["feature_stride"] is None:
            raise ValueError(
                "the config's features were resized to one length (feature_stride=None), so where "
                "they lie in time depends on durations, which features alone do not tell: annotate "
                "the recordings with durations and use mmtal test"
            )
        self.feature_stride = float(dataset["feature_stride"])
        self.snippet_frames = float(dataset["snippet_frames"])
        self.num_channels = num_channels

    def grid(self, fps: float) -> FeatureGrid:
        """Where what is given lies in time, before any transform."""
        return FeatureGrid(self.feature_stride, self.snippet_frames, fps)

    def check(self, recording: Recording) -> None:
        """Length and channels, from the shapes alone.

        ValueError: the recording is too short, or has other channels than the model expects.
        """
        zero = np.zeros((), np.float32)
        shapes = recording.shapes()
        feats = FeatureArray(tuple(np.broadcast_to(zero, shape) for shape in shapes))
        results: dict[str, Any] = dict(video_id=recording.name, feats=feats, grid=self.grid(1.0))
        for transform in self.transforms:
            if isinstance(transform, LazyTransform):
                results = transform(results)
            elif hasattr(transform, "num_outputs"):  # which would read the features
                feats = results["feats"]
                shape = (len(feats), transform.num_outputs(feats.num_channels))
                results["feats"] = FeatureArray((np.broadcast_to(zero, shape),))
            elif not isinstance(transform, FillKeypoints):
                break
        found = results["feats"].num_channels
        if found != self.num_channels:
            given = sum(shape[1] for shape in shapes)
            raise ValueError(
                f"recording '{recording.name}' has {given} channels"
                + (f", {found} after the pipeline" if found != given else "")
                + f", but the model expects {self.num_channels}: give the features (T, C) that "
                "the config was trained with"
            )

    def open(self, recording: Recording, *, fps: float, duration: float | None) -> dict[str, Any]:
        """What :attr:`transforms` make of a recording: ``feats``, ``grid``, ``duration`` (s)."""
        feats, grid = recording.open(), self.grid(fps)
        if duration is None:  # the longest recording that has so many features
            duration = float(grid.to_seconds(len(feats) + grid.snippet_offset))
        results: dict[str, Any] = dict(
            video_id=recording.name,
            duration=duration,
            grid=grid,
            feats=feats,
            feat_paths=[str(path) for path in recording.paths],
            feature_key=recording.key,
            rng=np.random.default_rng(0),
        )
        for transform in self.transforms:
            results = transform(results)
        return results

    def finish(self, results: dict[str, Any]) -> dict[str, Any]:
        """What the model takes: ``inputs`` (T, C) and ``data_samples``; values are read here."""
        for transform in self.pointwise:
            results = transform(results)
        return self.pack(results)
