"""Inferencer of exported models. T features (or raw samples) of C channels."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmtal.runtime.decoding import Candidates, best_of_levels, decode, finish
from mmtal.runtime.description import KEY, Description
from mmtal.runtime.detections import FoundActions
from mmtal.runtime.feature_grid import FeatureGrid
from mmtal.runtime.inputs import Input, named_inputs, opened_input
from mmtal.runtime.padding import FullPadding, PaddingRule
from mmtal.runtime.stages import (
    apply,
    channels,
    is_pointwise,
    new_grid,
    read,
    stream_stages,
)
from mmtal.runtime.streaming import Stream
from mmtal.runtime.windowing import Reach, Windows
from mmtal.utils.reading import reading

ONE_PASS = 16384
"""Features up to which a recording is predicted in one pass, unless ``window`` says otherwise."""
LARGEST = 1e10
"""Values beyond it are no features, logits or distances."""


class TemporalActionInferencer:
    """Says what happens when in recordings, with a file that ``mmtal export --to onnx`` wrote.

    What is found is what the inferencer of :mod:`mmtal.apis` finds with the checkpoint, up to
    rounding. Neither PyTorch nor MMEngine is imported.

    Example:
        ``[found] = TemporalActionInferencer("model.onnx", backend="onnx")(features, fps=30)``

    Args:
        file: The exported file.
        backend: ``onnx``, what there is.
        classes: Names by label; None: those in the file.
        window: Longer recordings are predicted in windows of so many seconds, with the same
            result in bounded memory; None: 16,384 features.
        max_duration: Detections that last longer (s) are dropped before NMS; None: none.
        threads: CPU threads; None: all cores.

    Attributes:
        model (Description): What the file says of the model.
        classes (tuple[str, ...]): Names by label.
        threshold (float | None): Score from which on detections should be shown.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is none of mmtal's, or a value is wrong.
    """

    def __init__(
        self,
        file: str | Path,
        *,
        backend: str = "onnx",
        classes: Sequence[str] | None = None,
        window: float | None = None,
        max_duration: float | None = None,
        threads: int | None = None,
    ) -> None:
        if backend != "onnx":
            raise ValueError(f"backend must be 'onnx', but got {backend!r}")
        for name, value in (("window", window), ("max_duration", max_duration)):
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be > 0 seconds or None, but got {value}")
        self.window, self.max_duration = window, max_duration
        self._run, self.model = _open(Path(file), threads)
        self.classes = tuple(classes or self.model.classes)
        if len(self.classes) != len(self.model.classes):
            raise ValueError(
                f"classes must name the model's {len(self.model.classes)} classes, but got "
                f"{len(self.classes)}"
            )
        self.threshold = self.model.threshold
        with reading(file, "is no model that can be run", advice="Export it again"):
            self._try()

    def _try(self) -> None:
        """Predict a recording of zeros, as short as can be, so that a damaged file is said now."""
        length = 1
        for stage in reversed(self.model.stages or ()):
            if stage["kind"] == "windows":
                length = (length - 1) * stage["step"] + stage["size"]
        if self.model.left is not None:
            _ = self.reach
        rows = np.zeros((length, self.given_channels), np.float32)
        self._predict("trial", rows, self.model.fps or 1.0)

    def __call__(
        self,
        inputs: Input | list[Input] | Mapping[str, Input],
        *,
        fps: float | Mapping[str, float] | None = None,
        score_thr: float | None = None,
    ) -> list[FoundActions]:
        """Find the actions of one recording or many.

        Args:
            inputs: An array (T, C), a .npy or .npz file, a folder of them, a list of any of these,
                or a dict of them by name. A tuple holds the sources of one recording.
            fps: Frames (or samples) per second, for all or by recording; None: as the model says.
            score_thr: Detections that score lower are left out; None: all are kept.

        Returns:
            One result for each recording, in order; files of a folder by name.

        Raises:
            FileNotFoundError: A file does not exist.
            ValueError: A recording cannot be used: named, with what was expected.
        """
        recordings = {
            name: (self._rows(item, name), self._fps(name, fps))
            for name, item in named_inputs(inputs).items()
        }
        found = [self._predict(name, *recording) for name, recording in recordings.items()]
        return found if score_thr is None else [result.above(score_thr) for result in found]

    def stream(
        self,
        *,
        fps: float | None = None,
        step: float | None = None,
        max_duration: float | None = None,
        max_delay: float | None = None,
    ) -> "OnnxStream":
        """A stream of one live signal; see :class:`mmtal.runtime.streaming.Stream`.

        Args:
            fps: Frames (or samples) per second; None: as the model says.
            step: Predict whenever so many seconds are new; None: an eighth of what the model sees.
            max_duration: Detections that last longer (s) are dropped; None: the inferencer's own,
                else one and a half times the longest instance in training.
            max_delay: Most seconds after its end at which a detection is given out.
        """
        longest = self.model.longest_instance
        given = self.max_duration if max_duration is None else max_duration
        return OnnxStream(
            self,
            fps=self._fps("the stream", fps),
            step=step,
            max_duration=1.5 * longest if given is None and longest else given,
            max_delay=max_delay,
        )

    @cached_property
    def reach(self) -> Reach:
        """Receptive field of the model; ValueError: windows would change the result."""
        model = self.model
        if model.left is None or model.right is None:
            raise ValueError(model.no_windows)
        return Reach(tuple(model.level_strides), tuple(model.left), tuple(model.right))

    @cached_property
    def padding(self) -> PaddingRule:
        """How far recordings are padded."""
        numbers = dict(self.model.padding or {})
        rule = FullPadding if numbers.pop("full") else PaddingRule
        return rule(**numbers)

    def grid(self, fps: float) -> FeatureGrid:
        """Where what is given lies in time."""
        return FeatureGrid(self.model.feature_stride, self.model.snippet_frames, fps)

    def candidates(
        self, values: NDArray[np.float32], windows: Windows, *, is_last: bool, topk: int, name: str
    ) -> Candidates:
        """Candidates of the points that a window, features (T, C) from its start on, completes.

        ``topk``: most of a level; ``name``: of the recording. The points count as taken then.
        """
        start, end = windows.start, windows.start + len(values)
        coarsest = max(windows.level_strides)
        if is_last:  # the padding reaches the last valid positions
            length = self.padding.padded_length(end) - start
        else:
            length = -(-len(values) // coarsest) * coarsest
        features = np.zeros((1, values.shape[1], length), np.float32)
        features[0, :, : len(values)] = values.T
        mask = np.arange(length)[None] < len(values)
        outputs = [output[0] for output in self._run(features, mask)]
        count = len(windows.level_strides)
        logits, offsets = outputs[:count], outputs[count : 2 * count]
        taken = [
            mask[0, ::stride] & windows.are_new(level, length // stride, None if is_last else end)
            for level, stride in enumerate(windows.level_strides)
        ]
        for part in (logits, offsets):
            for level, raw in enumerate(part):
                if not (raw[:, mask[0, :: windows.level_strides[level]]] < LARGEST).all():
                    raise ValueError(
                        f"the model's predictions are NaN or beyond {LARGEST:g} for '{name}': its "
                        "training had diverged, or its features are of extreme size"
                    )
        found = decode(logits, offsets, taken, self.model, start=start, topk=topk)
        if not is_last:
            windows.advance(end)
        return found

    def finished(self, rows: NDArray[Any], stages: Sequence[dict[str, Any]], name: str) -> Any:
        """Features (T, C) of a window, after the stages that treat each by itself; checked."""
        values = read(rows)
        for stage in stages:
            values = apply(stage, values, name)
        wrong = ~(np.abs(values) <= LARGEST)
        if wrong.any():
            row, channel = np.argwhere(wrong)[0]
            raise ValueError(
                f"recording '{name}': features must be numbers of at most {LARGEST:g}, but one has "
                f"{values[row, channel]:g} in channel {channel}. Extract the features again"
            )
        return values

    def rows_of(self, item: Input, name: str) -> NDArray[Any]:
        """An input as rows (T, C); nothing is read from files yet."""
        parts = [
            opened_input(part, name) for part in (item if isinstance(item, tuple) else (item,))
        ]
        if len(parts) == 1:
            return parts[0]
        if len({len(part) for part in parts}) > 1:
            raise ValueError(
                f"recording '{name}': the sources must be as long, but have "
                f"{[len(part) for part in parts]} rows"
            )
        return np.concatenate(parts, axis=1)

    @property
    def given_channels(self) -> int:
        """Channels of what is given, before all stages."""
        width = 1
        for stage in self.model.stages or ():
            width = channels(stage, width)
        return self.model.num_channels // width

    def _rows(self, item: Input, name: str) -> NDArray[Any]:
        rows = self.rows_of(item, name)
        if rows.shape[1] != self.given_channels:
            raise ValueError(
                f"recording '{name}' has {rows.shape[1]} channels, but the model expects "
                f"{self.given_channels}: give the features (T, C) that it was trained with"
            )
        return rows

    def _fps(self, name: str, given: float | Mapping[str, float] | None) -> float:
        fps = given.get(name) if isinstance(given, Mapping) else given
        fps = self.model.fps if fps is None else fps
        if fps is None:
            raise ValueError(f"recording '{name}': its frames per second are unknown, give fps")
        if not 0 < fps < float("inf"):
            raise ValueError(f"fps must be > 0, but got {fps} for recording '{name}'")
        return float(fps)

    def _predict(self, name: str, rows: NDArray[Any], fps: float) -> FoundActions:
        model, grid = self.model, self.grid(fps)
        # the longest recording that has so many features
        duration = float(grid.to_seconds(len(rows) + grid.snippet_offset))
        stages = list(model.stages or ())
        pointwise: list[dict[str, Any]] = []
        while stages and is_pointwise(stages[-1]):
            pointwise.insert(0, stages.pop())
        for stage in stages:
            grid, rows = new_grid(stage, grid, len(rows)), apply(stage, rows, name)
        length = len(rows)
        size = self._window_size(length, grid)
        windows = Windows(model.level_strides, None if size >= length else self.reach)
        topk, most = self._limits(duration, grid)
        longest = self.max_duration and self.max_duration * grid.fps / grid.feature_stride
        pool: list[Candidates] = []
        for start, end in windows.spans(length, size):
            values = self.finished(rows[start:end], pointwise, name)
            found = self.candidates(values, windows, is_last=end == length, topk=topk, name=name)
            joined = Candidates.join([*pool, found.no_longer_than(longest)])
            pool = [best_of_levels(joined, topk)]
        segments, scores, labels = finish(pool[0], model, grid, duration, most)
        return FoundActions(
            name, duration, segments, scores, labels, self.classes, threshold=self.threshold
        )

    def _window_size(self, length: int, grid: FeatureGrid) -> int:
        """Features of a window of this recording; its length: all at once."""
        if self.window is None:
            if length <= ONE_PASS or self.model.left is None:
                return length
            return max(ONE_PASS, 4 * self.reach.shortest_window)
        size = int(min(self.window * grid.fps / grid.feature_stride, length))
        if size < length and size < self.reach.shortest_window:
            least = self.reach.shortest_window * grid.feature_stride / grid.fps
            raise ValueError(
                f"window must be at least {np.ceil(least):.0f} s, since what the model says of one "
                f"moment depends on that much, but got {self.window:g}"
            )
        return size

    def _limits(self, duration: float, grid: FeatureGrid) -> list[int]:
        """``pre_nms_topk`` and ``max_per_video``: more for longer recordings than in training."""
        usual = self.model.made_for
        if isinstance(usual, str):
            usual = grid.to_seconds(float(self.padding.max_seq_len))
        factor = max(1, int(duration // usual)) if usual else 1
        return [
            getattr(self.model, name) * (1 if name in self.model.fixed_limits else factor)
            for name in ("pre_nms_topk", "max_per_video")
        ]


class OnnxStream(Stream):
    """Predicts while features arrive; made by :meth:`TemporalActionInferencer.stream`."""

    def __init__(
        self, inferencer: TemporalActionInferencer, *, fps: float, **waits: float | None
    ) -> None:
        model = inferencer.model
        self._inferencer = inferencer
        stages, self._pointwise = stream_stages(model.stages or ())
        super().__init__(
            reach=inferencer.reach,
            stages=stages,
            grid=inferencer.grid(fps),
            nms=model.nms,
            min_duration=model.min_duration,
            event_reach=model.event_reach,
            classes=inferencer.classes,
            **waits,
        )

    def _make_windows(self, reach: Reach) -> Windows:
        return Windows(reach.level_strides, reach)

    def _checked(self, features: Input) -> NDArray[np.float32]:
        rows = self._inferencer.rows_of(features, "stream")
        expected = self._inferencer.given_channels
        if rows.shape[1] != expected:
            raise ValueError(
                f"a stream of this model must have {expected} channels, but got {rows.shape[1]}"
            )
        return self._inferencer.finished(rows, (), "stream")

    def _found(self, values: NDArray[np.float32], *, is_last: bool) -> Candidates:
        return self._inferencer.candidates(
            self._inferencer.finished(values, self._pointwise, "stream"),
            self._windows,
            is_last=is_last,
            topk=self._inferencer.model.pre_nms_topk,
            name="the stream",
        )


def _open(path: Path, threads: int | None) -> tuple[Callable[..., list[Any]], Description]:
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            "running exported models needs onnxruntime, which is not installed: "
            "pip install onnxruntime"
        ) from error
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    with reading(path, "is no ONNX file that onnxruntime can run"):
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
        text = session.get_modelmeta().custom_metadata_map.get(KEY)
    if text is None:
        raise ValueError(f"{path} was not exported by mmtal: mmtal export CONFIG CHECKPOINT")
    model = Description.from_json(text, path)

    def run(features: NDArray[np.float32], mask: NDArray[np.bool_]) -> list[Any]:
        return session.run(None, {"features": features, "mask": mask})

    return run, model
