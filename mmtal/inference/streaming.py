"""Detections of a live signal, given out once they can no longer change.

T features (or raw samples) of C channels.
"""

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from mmengine.logging import print_log
from mmengine.structures import InstanceData

from mmtal.datasets.feature_check import first_unusable
from mmtal.datasets.features import LARGEST, Block, FeatureArray
from mmtal.inference.detections import Detection
from mmtal.inference.pipeline import InferencePipeline
from mmtal.inference.receptive_field import Reach
from mmtal.inference.recordings import Input, Recording, find_recordings
from mmtal.inference.windowing import WindowWalker, drop_long
from mmtal.models import TemporalLocalizer
from mmtal.models.localizers.limits import limits_warning
from mmtal.ops.incremental_nms import IncrementalNMS
from mmtal.structures import FeatureGrid
from mmtal.structures.contracts import LazyTransform, WindowHead, check_contract


class DetectionStream:
    """Predicts while features arrive; made by :meth:`TemporalActionInferencer.stream`.

    All that :meth:`push` and :meth:`finish` return is, together, what the inferencer with the same
    ``max_duration`` finds in the whole recording, however the features are cut into pieces. Two
    settings of the head cannot hold in a stream, whose end nobody knows: ``max_per_video`` is not
    applied, and ``pre_nms_topk`` applies to each step instead of the recording.

    A detection can no longer change when no candidate that is still to come can overlap it, or
    overlap one that decides over it (see :class:`mmtal.ops.incremental_nms.IncrementalNMS`).
    Memory does not grow with the length of the stream.

    Args:
        model: The localizer.
        reach: Its receptive field.
        pipeline: The config's test pipeline.
        classes: Names by label.
        fps: Frames (or samples) per second.
        step: Predict whenever so many seconds are new; None: an eighth of what the model sees.
        max_duration: Detections that last longer (s) are dropped; None: twice what the coarsest
            level sees to either side.
        max_delay: Bound of ``delay`` (s); None: none. ``step`` is shortened first, to a quarter
            of the coarsest level's; then the model sees less of the future than it could, as if the
            recording ended there, and what is found is no longer what the inferencer finds.
        score_thr: From which on detections are shown: whether limits that were reached matter.

    Attributes:
        delay (float): Seconds after its end at which a detection is given out, unless others
            that overlap it are still undecided: what the model must see of the future, the step,
            and ``max_duration``.

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
        step: float | None = None,
        max_duration: float | None = None,
        max_delay: float | None = None,
        score_thr: float = 0.0,
    ) -> None:
        check_contract(model.head, WindowHead, name="a head that predicts in a stream")
        head: Any = model.head
        nms = dict(head.nms or {"method": None})
        if nms.pop("voting_thr", None) is not None:
            raise ValueError(
                "segment voting (nms.voting_thr) cannot be streamed, since it looks at all "
                "candidates: override model.head.nms.voting_thr=None"
            )
        for unused in ("backend", "voting_weight"):
            nms.pop(unused, None)
        nms.setdefault("method", "gaussian")
        self._nms = IncrementalNMS(**nms)
        self._min_duration = -np.inf if head.min_duration is None else head.min_duration
        self._stages = _stages(pipeline)
        self._pipeline = pipeline
        self._raw_grid = pipeline.grid(fps)
        self.grid = self._raw_grid
        for stage in self._stages:
            self.grid = stage.grid(self.grid)
        self.classes = classes
        for name, value in (
            ("step", step), ("max_duration", max_duration), ("max_delay", max_delay),
        ):  # fmt: skip
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be > 0 seconds, but got {value}")
        sight = self._waits(reach, step, max_duration, max_delay)
        right = tuple(min(seen, sight) for seen in reach.right)
        reach = replace(reach, right=right)
        self._walker = WindowWalker(model, reach=reach, name="the stream")
        self._score_thr, self._said = score_thr, False
        self._buffer: list[np.ndarray] = []  # features from walker.start on
        self._received = 0  # features
        self._raw_received = 0
        self._predicted = 0  # features that have been looked at
        self._finished = False

    def _waits(
        self, reach: Reach, step: float | None, max_duration: float | None, max_delay: float | None
    ) -> int:
        """Settle step, longest detection and delay; the features ahead that the model sees."""
        seconds = self.grid.feature_stride / self.grid.fps  # per feature
        coarsest, sight = reach.coarsest_stride, max(reach.right)
        longest = 2 * max(reach.left) if max_duration is None else max_duration / seconds
        self._longest = float(longest)  # features
        self.max_duration = self._longest * seconds
        wanted = sight / 4 if step is None else step / seconds
        self._step = coarsest * max(1, round(wanted / coarsest))  # features
        waits = self._longest + coarsest + self.grid.snippet_frames / self.grid.feature_stride
        if max_delay is not None:
            left = int(max_delay / seconds - waits)
            shortest = max(1, coarsest // 4)
            if left < shortest:
                least = np.ceil((waits + shortest) * seconds)
                raise ValueError(
                    f"max_delay must be at least {least:.0f} s with "
                    f"a max_duration of {self.max_duration:g} s, since so long an action may still "
                    f"reach back, but got {max_delay:g}: give a smaller max_duration"
                )
            self._step = min(self._step, max(shortest, left - sight))
            sight = min(sight, left - self._step)
        self.delay = (waits + self._step + sight) * seconds
        return sight

    @property
    def time(self) -> float:
        """Seconds of signal so far."""
        grid = self._raw_grid
        return self._raw_received * grid.feature_stride / grid.fps

    @property
    def num_undecided(self) -> int:
        """Candidates that still wait for others."""
        return len(self._nms)

    def push(self, features: Input) -> list[Detection]:
        """Take the features that follow.

        Args:
            features: Array or tensor (T, C), T >= 1 of any size; a tuple holds several sources.

        Returns:
            The detections that became final, highest score first.

        Raises:
            ValueError: They are not (T, C), have other channels, or hold NaN, infinity or numbers
                beyond 1e10; the stream is as it was before.
        """
        if self._finished:
            raise ValueError("the stream is finished: begin a new one with inferencer.stream()")
        [recording] = find_recordings({"stream": features})
        values = self._checked(recording)
        self._raw_received += len(values)
        for stage in self._stages:
            values = stage.push(values)
        if len(values):
            self._buffer.append(values)
            self._received += len(values)
        found: list[Detection] = []
        while self._received >= self._predicted + self._step:
            self._predicted += self._step
            found += self._predict(self._predicted, is_last=False)
        return found

    def finish(self) -> list[Detection]:
        """The signal has ended: the detections that are left."""
        if self._finished:
            raise ValueError("the stream is finished already")
        self._finished = True
        found = self._predict(self._received, is_last=True) if self._received else []
        self._buffer = []
        return found

    def _checked(self, recording: Recording) -> np.ndarray:
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

    def _predict(self, end: int, *, is_last: bool) -> list[Detection]:
        """Predict up to feature ``end``, settle what is certain, forget what is not needed."""
        start = self._walker.start
        joined = np.concatenate(self._buffer)
        results: dict[str, Any] = dict(
            feats=FeatureArray((joined[: end - start],)), video_id="stream"
        )
        for transform in self._pipeline.pointwise:
            results = transform(results)
        values = torch.from_numpy(results["feats"].read())
        found = self._walker.step(values, is_last=is_last)
        self._say_limit(found)
        found = drop_long(found, self._longest)
        segments = found.segments.numpy()
        keep = segments[:, 1] - segments[:, 0] > self._min_duration
        self._nms.add(segments[keep], found.scores.numpy()[keep], found.labels.numpy()[keep])
        self._buffer = [joined[self._walker.start - start :].copy()]
        frontier = min(self._walker.next_points) - self._longest
        settled = self._nms.settle(np.inf if is_last else frontier)
        # as the data set has it: the longest recording of so many features
        raw = self._raw_grid
        ends_at = raw.to_seconds(self._raw_received + raw.snippet_offset) if is_last else np.inf
        return [
            Detection(begin, finish, score, label, self.classes[label])
            for (begin, finish), score, label in zip(
                self.grid.to_seconds(settled[0]).clip(0, ends_at).tolist(),
                settled[1].tolist(),
                settled[2].tolist(),
                strict=True,
            )
        ]

    def _say_limit(self, found: InstanceData) -> None:
        """Warn once if a step had more candidates than the head lets through."""
        score = getattr(self._walker.head, "topk_score", lambda _: 0.0)(found)
        text = limits_warning(
            {"the stream": {"pre_nms_topk": score}}, score_thr=self._score_thr, total=1
        )
        if text and not self._said:
            self._said = True
            print_log(text, "current", logging.WARNING)


class _Stage:
    """A lazy transform on a signal that arrives in pieces.

    Each feature needs ``size`` rows, the next one begins ``step`` rows later.
    """

    def __init__(self, transform: LazyTransform) -> None:
        self.transform = transform
        self.size, self.step = transform.window_size, transform.window_stride
        self._rest: np.ndarray | None = None
        self._skip = 0  # rows to come that no feature needs

    def grid(self, grid: FeatureGrid) -> FeatureGrid:
        """The grid after the transform."""
        feats = FeatureArray((np.broadcast_to(np.float32(0), (self.size, 1)),))
        return self.transform(dict(feats=feats, grid=grid, video_id=""))["grid"]

    def push(self, rows: np.ndarray) -> np.ndarray:
        """(T, C) rows -> the features (T', C') that they complete."""
        rows = rows if self._rest is None else np.concatenate([self._rest, rows])
        skipped = min(self._skip, len(rows))
        rows, self._skip = rows[skipped:], self._skip - skipped
        count = max(0, (len(rows) - self.size) // self.step + 1)
        if count:
            used = FeatureArray((rows[: (count - 1) * self.step + self.size],))
            results = dict(feats=used, grid=FeatureGrid(1, 1, 1), video_id="")
            made = self.transform(results)["feats"].read()
        else:
            width = self.size * rows.shape[1]
            made = np.zeros((0, width), np.float32)
        gone = min(count * self.step, len(rows))
        self._skip += count * self.step - gone
        self._rest = rows[gone:].copy()
        return made


def _stages(pipeline: InferencePipeline) -> list[_Stage]:
    for transform in pipeline.transforms:
        if not isinstance(transform, LazyTransform):
            raise ValueError(
                f"the config's test pipeline cannot be streamed: {type(transform).__name__} needs "
                "the whole recording"
            )
    return [_Stage(transform) for transform in pipeline.transforms]
