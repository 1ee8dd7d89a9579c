"""Streams of models of PyTorch. T features (or raw samples) of C channels."""

import logging
from typing import Any

import numpy as np
import torch
from mmengine.logging import print_log
from mmengine.structures import InstanceData
from numpy.typing import NDArray

from mmtal.datasets.feature_check import first_unusable
from mmtal.datasets.features import LARGEST, Block, FeatureArray
from mmtal.inference.pipeline import InferencePipeline
from mmtal.inference.recordings import Input, find_recordings
from mmtal.inference.windowing import WindowWalker
from mmtal.models import TemporalLocalizer
from mmtal.models.localizers.limits import limits_warning
from mmtal.runtime.decoding import Candidates
from mmtal.runtime.feature_grid import FeatureGrid
from mmtal.runtime.stages import SignalStage
from mmtal.runtime.streaming import Stream
from mmtal.runtime.windowing import Reach
from mmtal.structures.contracts import LazyTransform, WindowHead, check_contract


class DetectionStream(Stream):
    """Predicts while features arrive; made by :meth:`TemporalActionInferencer.stream`.

    See :class:`mmtal.runtime.streaming.Stream`, also for the other arguments.

    Args:
        model: The localizer.
        reach: Its receptive field.
        pipeline: The config's test pipeline.
        classes: Names by label.
        fps: Frames (or samples) per second.
        score_thr: From which on detections are shown: whether limits that were reached matter.

    Raises:
        ValueError: The config cannot be streamed (a transform needs the whole recording, or
            segment voting), or a value is wrong.
    """

    def __init__(
        self,
        model: TemporalLocalizer,
        *,
        reach: Reach,
        pipeline: InferencePipeline,
        classes: tuple[str, ...],
        fps: float,
        score_thr: float = 0.0,
        **waits: float | None,
    ) -> None:
        check_contract(model.head, WindowHead, name="a head that predicts in a stream")
        head: Any = model.head
        self._model = model
        self._pipeline = pipeline
        self._score_thr, self._said = score_thr, False
        super().__init__(
            reach=reach,
            stages=_stages(pipeline),
            grid=pipeline.grid(fps),
            nms=head.nms,
            min_duration=head.min_duration,
            event_reach=getattr(head, "event_reach", None),
            classes=classes,
            **waits,
        )

    def _make_windows(self, reach: Reach) -> WindowWalker:
        self._walker = WindowWalker(self._model, reach=reach, name="the stream")
        return self._walker

    def _checked(self, features: Input) -> NDArray[Any]:
        [recording] = find_recordings({"stream": features})
        shapes = recording.shapes()
        width = self._pipeline.num_channels
        for stage in self._stages:
            width //= stage.size
        given = sum(shape[1] for shape in shapes)
        if given != width:
            raise ValueError(f"a stream of this model must have {width} channels, but got {given}")
        values = recording.open().read()
        found = first_unusable(Block(0, 0, values))
        if found:
            raise ValueError(
                f"features must be numbers of at most {LARGEST:g}, but row {found[0]} of those "
                f"pushed has {found[2]:g} in channel {found[1]}"
            )
        return values

    def _found(self, values: NDArray[np.float32], *, is_last: bool) -> Candidates:
        results: dict[str, Any] = dict(feats=FeatureArray((values,)), video_id="stream")
        for transform in self._pipeline.pointwise:
            results = transform(results)
        found = self._walker.step(torch.from_numpy(results["feats"].read()), is_last=is_last)
        self._say_limit(found)
        columns = (found.segments, found.scores, found.labels, found.levels)
        return Candidates(*(column.numpy() for column in columns))

    def _say_limit(self, found: InstanceData) -> None:
        """Warn once if a step had more candidates than the head lets through."""
        score = getattr(self._walker.head, "topk_score", lambda _: 0.0)(found)
        text = limits_warning(
            {"the stream": {"pre_nms_topk": score}}, score_thr=self._score_thr, total=1
        )
        if text and not self._said:
            self._said = True
            print_log(text, "current", logging.WARNING)


class _Stage(SignalStage):
    """A lazy transform on a signal that arrives in pieces."""

    def __init__(self, transform: LazyTransform) -> None:
        super().__init__(transform.window_size, transform.window_stride)
        self.transform = transform

    def grid(self, grid: FeatureGrid) -> FeatureGrid:
        feats = FeatureArray((np.broadcast_to(np.float32(0), (self.size, 1)),))
        return self.transform(dict(feats=feats, grid=grid, video_id=""))["grid"]

    def make(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        results = dict(feats=FeatureArray((rows,)), grid=FeatureGrid(1, 1, 1), video_id="")
        return self.transform(results)["feats"].read()


def _stages(pipeline: InferencePipeline) -> list[_Stage]:
    for transform in pipeline.transforms:
        if not isinstance(transform, LazyTransform):
            raise ValueError(
                f"the config's test pipeline cannot be streamed: {type(transform).__name__} needs "
                "the whole recording"
            )
    return [_Stage(transform) for transform in pipeline.transforms]
