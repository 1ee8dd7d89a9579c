"""What makes features of what is given: a config's test pipeline, for arrays.

Each stage is a dict with its ``kind``: ``windows``, of ``size`` rows, ``step`` apart, side by side
(``SlidingWindow``, ``TemporalStride``); ``resize`` to ``length`` rows (``ResizeFeatures``);
``normalize`` by ``mean`` and ``std``, or None of the recording itself (``Normalize``).
T rows of C channels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mmtal.runtime.feature_grid import FeatureGrid

Stage = dict[str, Any]


def is_pointwise(stage: Stage) -> bool:
    """Whether it treats each row by itself, always alike."""
    return stage["kind"] == "normalize" and stage["mean"] is not None


def channels(stage: Stage, given: int) -> int:
    """Channels after a stage."""
    return given * stage["size"] if stage["kind"] == "windows" else given


def apply(stage: Stage, rows: NDArray[Any], name: str) -> NDArray[Any]:
    """(T, C, ...) -> (T', C', ...); further axes are windows, flattened by :func:`read`.

    ValueError: the recording of this ``name`` is too short.
    """
    if stage["kind"] == "windows":
        if len(rows) < stage["size"]:
            raise ValueError(
                f"recording '{name}' has {len(rows)} samples, fewer than one window of "
                f"{stage['size']}"
            )
        return sliding_window_view(rows, stage["size"], axis=0)[:: stage["step"]]
    values = read(rows)
    if stage["kind"] == "resize":
        return resized(values, stage["length"])
    if is_pointwise(stage):
        mean, std = (np.asarray(stage[key], np.float32) for key in ("mean", "std"))
    else:
        exact_mean = values.mean(axis=0, dtype=np.float64)
        exact_std = safe_deviation(exact_mean, values.std(axis=0, dtype=np.float64))
        mean, std = exact_mean.astype(np.float32), exact_std.astype(np.float32)
    return (values - mean) / std


def new_grid(stage: Stage, grid: FeatureGrid, count: int) -> FeatureGrid:
    """The grid after a stage, of ``count`` rows before it."""
    if stage["kind"] == "windows":
        return grid.windowed(stage["size"], stage["step"])
    return grid.resized(count, stage["length"]) if stage["kind"] == "resize" else grid


def read(rows: NDArray[Any]) -> NDArray[np.float32]:
    """The values, float32 (T, C)."""
    return np.ascontiguousarray(rows.reshape(len(rows), -1), dtype=np.float32)


def resized(values: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Linear interpolation of (T, C) to (length, C), as PyTorch's, corners not aligned."""
    if len(values) == length:
        return values
    at = (np.arange(length) + 0.5) * (len(values) / length) - 0.5
    at = at.clip(0, len(values) - 1)
    left = at.astype(np.int64)
    right = np.minimum(left + 1, len(values) - 1)
    share = (at - left).astype(np.float32)[:, None]
    return values[left] * (1 - share) + values[right] * share


def safe_deviation(mean: NDArray[np.float64], std: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviations (C,) to divide by: 1 where a channel is constant, so that it becomes 0."""
    return np.where(std < 1e-6 * np.abs(mean) + 1e-12, 1.0, std)


class SignalStage:
    """A ``windows`` stage on a signal that arrives in pieces.

    Each feature needs ``size`` rows, the next one begins ``step`` rows later.
    """

    def __init__(self, size: int, step: int) -> None:
        self.size, self.step = size, step
        self._rest: NDArray[Any] | None = None
        self._skip = 0  # rows to come that no feature needs

    def grid(self, grid: FeatureGrid) -> FeatureGrid:
        """The grid after it."""
        return grid.windowed(self.size, self.step)

    def make(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """The features of all windows that fit into rows (T, C)."""
        return read(sliding_window_view(rows, self.size, axis=0)[:: self.step])

    def push(self, rows: NDArray[Any]) -> NDArray[Any]:
        """(T, C) rows -> the features (T', C') that they complete."""
        rows = rows if self._rest is None else np.concatenate([self._rest, rows])
        skipped = min(self._skip, len(rows))
        rows, self._skip = rows[skipped:], self._skip - skipped
        count = max(0, (len(rows) - self.size) // self.step + 1)
        if count:
            made = self.make(rows[: (count - 1) * self.step + self.size])
        else:
            made = np.zeros((0, self.size * rows.shape[1]), np.float32)
        gone = min(count * self.step, len(rows))
        self._skip += count * self.step - gone
        self._rest = rows[gone:].copy()
        return made


def stream_stages(stages: Sequence[Stage]) -> tuple[list[SignalStage], list[Stage]]:
    """Stages of a stream, and those that treat each feature by itself, at the end.

    ValueError: one needs the whole recording.
    """
    stages = list(stages)
    pointwise: list[Stage] = []
    while stages and is_pointwise(stages[-1]):
        pointwise.insert(0, stages.pop())
    for stage in stages:
        if stage["kind"] != "windows":
            raise ValueError(
                f"the model's pipeline cannot be streamed: '{stage['kind']}' needs the whole "
                "recording"
            )
    return [SignalStage(stage["size"], stage["step"]) for stage in stages], pointwise
