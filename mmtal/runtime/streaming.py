"""Detections of a live signal, given out once they can no longer change.

T features (or raw samples) of C channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmtal.runtime.decoding import Candidates
from mmtal.runtime.detections import Detection
from mmtal.runtime.feature_grid import FeatureGrid
from mmtal.runtime.incremental_nms import IncrementalNMS
from mmtal.runtime.stages import SignalStage
from mmtal.runtime.windowing import Reach, Windows


class Stream:
    """The frame of a stream; a subclass predicts.

    All that :meth:`push` and :meth:`finish` return is, together, what the inferencer with the same
    ``max_duration`` finds in the whole recording, however the features are cut into pieces. Two
    settings of the head cannot hold in a stream, whose end nobody knows: ``max_per_video`` is not
    applied, and ``pre_nms_topk`` applies to each step instead of the recording.

    A detection can no longer change when no candidate that is still to come can overlap it, or
    overlap one that decides over it (see :class:`mmtal.runtime.incremental_nms.IncrementalNMS`).
    Memory does not grow with the length of the stream.

    Args:
        reach: Receptive field of the model.
        stages: From the signal to features.
        grid: Of the signal.
        nms: Arguments of :func:`mmtal.ops.segment_nms`; None for none.
        min_duration: Detections must be longer, in grid units; None: no bound.
        event_reach: Of models of events without duration: how far one lies from its point at most,
            in grid units, which takes the place of ``max_duration``. None: of segments.
        classes: Names by label.
        step: Predict whenever so many seconds are new; None: an eighth of what the model sees.
        max_duration: Detections that last longer (s) are dropped; None: twice what the coarsest
            level sees to either side.
        max_delay: Bound of ``delay`` (s); None: none. ``step`` is shortened first, to a quarter
            of the coarsest level's; then the model sees less of the future than it could, as if the
            recording ended there, and what is found is no longer what the inferencer finds.

    Attributes:
        delay (float): Seconds after its end at which a detection is given out, unless others
            that overlap it are still undecided: what the model must see of the future, the step,
            and ``max_duration``.

    Raises:
        ValueError: Segment voting cannot be streamed, or a value is wrong.
    """

    def __init__(
        self,
        *,
        reach: Reach,
        stages: Sequence[SignalStage],
        grid: FeatureGrid,
        nms: Mapping[str, Any] | None,
        min_duration: float | None,
        classes: tuple[str, ...],
        event_reach: float | None = None,
        step: float | None = None,
        max_duration: float | None = None,
        max_delay: float | None = None,
    ) -> None:
        settings = dict(nms or {"method": None})
        if settings.pop("voting_thr", None) is not None:
            raise ValueError(
                "segment voting (nms.voting_thr) cannot be streamed, since it looks at all "
                "candidates: override model.head.nms.voting_thr=None"
            )
        for unused in ("backend", "voting_weight"):
            settings.pop(unused, None)
        settings.setdefault("method", "gaussian")
        self._nms = IncrementalNMS(**settings)
        self._event_reach = event_reach
        self._min_duration = -np.inf if min_duration is None else min_duration
        self._stages = stages
        self._raw_grid = self.grid = grid
        for stage in stages:
            self.grid = stage.grid(self.grid)
        self.classes = classes
        for name, value in (
            ("step", step), ("max_duration", max_duration), ("max_delay", max_delay),
        ):  # fmt: skip
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be > 0 seconds, but got {value}")
        sight = self._waits(reach, step, max_duration, max_delay)
        right = tuple(min(seen, sight) for seen in reach.right)
        self._windows = self._make_windows(replace(reach, right=right))
        self._buffer: list[NDArray[np.float32]] = []  # features from windows.start on
        self._received = 0  # features
        self._raw_received = 0
        self._predicted = 0  # features that have been looked at
        self._finished = False

    def _make_windows(self, reach: Reach) -> Windows:
        raise NotImplementedError

    def _checked(self, features: Any) -> NDArray[Any]:
        """Rows (T, C) of what was pushed; ValueError: they cannot be used."""
        raise NotImplementedError

    def _found(self, values: NDArray[np.float32], *, is_last: bool) -> Candidates:
        """Candidates of features (T, C) from the windows' start on, which count as taken then."""
        raise NotImplementedError

    def _waits(
        self,
        reach: Reach,
        step: float | None,
        max_duration: float | None,
        max_delay: float | None,
    ) -> int:
        """Settle step, longest detection and delay; the features ahead that the model sees."""
        seconds = self.grid.feature_stride / self.grid.fps  # per feature
        coarsest, sight = reach.coarsest_stride, max(reach.right)
        longest = 2 * max(reach.left) if max_duration is None else max_duration / seconds
        longest = longest if self._event_reach is None else self._event_reach
        self._longest = float(longest)  # features
        self.max_duration = self._longest * seconds
        wanted = sight / 4 if step is None else step / seconds
        self._step = coarsest * max(1, round(wanted / coarsest))  # features
        waits = self._longest + coarsest + self.grid.snippet_frames / self.grid.feature_stride
        waits += self._nms.distance or 0
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

    def push(self, features: Any) -> list[Detection]:
        """Take the features that follow.

        Args:
            features: Array (T, C), T >= 1 of any size, or a tensor where the model is one of
                PyTorch; a tuple holds several sources.

        Returns:
            The detections that became final, highest score first.

        Raises:
            ValueError: They are not (T, C), have other channels, or hold NaN, infinity or numbers
                beyond 1e10; the stream is as it was before.
        """
        if self._finished:
            raise ValueError("the stream is finished: begin a new one with inferencer.stream()")
        values = self._checked(features)
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

    def _predict(self, end: int, *, is_last: bool) -> list[Detection]:
        """Predict up to feature ``end``, settle what is certain, forget what is not needed."""
        start = self._windows.start
        joined = np.concatenate(self._buffer)
        found = self._found(joined[: end - start], is_last=is_last)
        lengths = found.segments[:, 1] - found.segments[:, 0]
        keep = (lengths <= self._longest) & (lengths > self._min_duration)
        self._nms.add(found.segments[keep], found.scores[keep], found.labels[keep])
        self._buffer = [joined[self._windows.start - start :].copy()]
        frontier = min(self._windows.next_points) - self._longest
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
