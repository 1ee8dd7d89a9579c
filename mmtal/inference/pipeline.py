"""A config's test pipeline for recordings that no annotation file lists.

T features of C channels.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmtal.datasets import FillKeypoints, LoadFeatures, LoadFrames, Normalize, PackInputs
from mmtal.datasets.feature_statistics import Statistics, give_statistics
from mmtal.datasets.features import FeatureArray
from mmtal.inference.recordings import Recording
from mmtal.registry import TRANSFORMS
from mmtal.structures import FeatureGrid
from mmtal.structures.contracts import LazyTransform, Transform


class InferencePipeline:
    """The transforms between loading and packing, in the config's order.

    ``pointwise`` are those at the end that treat each feature by itself, ``transforms`` those of
    the whole recording; ``is_lazy``: these read nothing. ``load_frames`` opens videos, of a model
    of pictures; None: the model is one of features. Statistics are of the training features,
    as the model's checkpoint holds them.
    """

    def __init__(
        self, dataset: Mapping[str, Any], *, num_channels: int, statistics: Statistics | None = None
    ) -> None:
        pipeline = [TRANSFORMS.build(dict(t)) for t in dataset["pipeline"]]
        give_statistics(pipeline, statistics, source="the checkpoint")
        if len(pipeline) < 2 or not isinstance(pipeline[0], LoadFeatures | LoadFrames):
            raise ValueError(
                "the config's test pipeline must begin with LoadFeatures, or LoadFrames, and end "
                "with PackInputs, "
                f"but is {[type(t).__name__ for t in pipeline]}"
            )
        self.pack = pipeline.pop()
        self.load_frames = pipeline[0] if isinstance(pipeline[0], LoadFrames) else None
        if self.load_frames is not None and isinstance(self.pack, PackInputs):
            self.pack.lazy = True
        self.transforms = _normalized_last(pipeline[1:])
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

    def require_features(self, done: str) -> None:
        """Refuse (ValueError) to do with a model of pictures what is done with one of features."""
        if self.load_frames is not None:
            raise ValueError(
                f"this model takes pictures, and cannot be {done}: only models of features can; "
                "mmtal infer predicts its videos"
            )

    def grid(self, fps: float) -> FeatureGrid:
        """Where what is given lies in time, before any transform."""
        return FeatureGrid(self.feature_stride, self.snippet_frames, fps)

    def check(self, recording: Recording) -> None:
        """Length and channels, from the shapes alone.

        ValueError: the recording is too short, or has other channels than the model expects.
        """
        if self.load_frames is not None:
            if not recording.is_video:
                raise ValueError(
                    f"recording '{recording.name}' must be a video, since the config's model takes "
                    "pictures"
                )
            return
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
            elif not isinstance(transform, FillKeypoints | Normalize):
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
        grid = self.grid(fps)
        [(length, _), *_] = recording.shapes()
        if duration is None:  # the longest recording that has so many features
            duration = float(grid.to_seconds(length + grid.snippet_offset))
        results: dict[str, Any] = dict(
            video_id=recording.name,
            duration=duration,
            grid=grid,
            num_features=length,
            feat_paths=[str(path) for path in recording.paths],
            feature_key=recording.key,
            rng=np.random.default_rng(0),
        )
        if self.load_frames is None:
            results["feats"] = recording.open()
        else:
            results = self.load_frames(results)
        for transform in self.transforms:
            results = transform(results)
        return results

    def finish(self, results: dict[str, Any]) -> dict[str, Any]:
        """What the model takes: ``inputs`` (T, C) and ``data_samples``; values are read here."""
        for transform in self.pointwise:
            results = transform(results)
        return self.pack(results)


def _normalized_last(transforms: Sequence[Any]) -> list[Any]:
    """Transforms that do the same, normalization by known statistics after windows.

    So the windows of a recording, or a stream, are of what is given.
    """
    for place, transform in enumerate(transforms):
        after = transforms[place + 1 :]
        windows = [other.window_size for other in after if isinstance(other, LazyTransform)]
        if not isinstance(transform, Normalize) or len(windows) < len(after):
            continue
        if transform.mean is not None and transform.std is not None:
            mean, std = (np.repeat(x, math.prod(windows)) for x in (transform.mean, transform.std))
            moved = Normalize(mean=mean.tolist(), std=std.tolist())
            return [*transforms[:place], *after, moved]
    return list(transforms)
