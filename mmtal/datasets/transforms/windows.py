"""Training by sliding windows: one sample for every window of every recording."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from mmengine.logging import print_log
from numpy.typing import NDArray

from mmtal.datasets.transforms.temporal import keep_inside
from mmtal.registry import TRANSFORMS
from mmtal.structures import FeatureGrid
from mmtal.structures.contracts import WindowTransform
from mmtal.utils.wording import counted

ROUNDING = 1e-6
"""Relative: what is exactly at a threshold in float32 is not above it."""


@TRANSFORMS.register_module()
@dataclass(eq=False)
class TrainingWindows:
    """Cut training recordings into windows of one length, all of which come in every epoch.

    As OpenTAD's sliding-window data sets do it: an instance belongs to a window if more than
    ``min_overlap`` of it is inside, and is then clipped; a window without an instance is left out.
    A window reaches from the first frame of its first feature to the first frame of its last one.
    There are ``T // step`` windows of a recording of T features, or one; the last may lie further
    back, to end where the recording does.

    Testing in windows is the model's: ``model.test_window``.

    Args:
        max_len: Features of a window; a shorter recording is one window.
        step: Features from one window's start to the next one's.
        min_overlap: Share of an instance of which more must be inside, (0, 1).
    """

    changes_grid = True
    max_len: int
    _: KW_ONLY
    step: int
    min_overlap: float

    def __post_init__(self) -> None:
        if not 0 < self.step <= self.max_len:
            raise ValueError(f"step must be in [1, max_len={self.max_len}], but got {self.step}")
        if not 0 < self.min_overlap < 1:
            raise ValueError(f"min_overlap must be in (0, 1), but got {self.min_overlap}")

    def starts(self, length: int) -> list[int]:
        """First features of the windows of a recording of ``length`` features."""
        last = max(0, length - self.max_len)
        count = min(max(1, length // self.step), -(-(last + 1) // self.step) + 1)
        return [min(self.step * i, last) for i in range(count if length >= self.max_len else 1)]

    def keep(self, results: dict[str, Any], start: int) -> tuple[np.ndarray, NDArray[np.bool_]]:
        """The segments (N, 2), clipped to a window, in seconds, and which belong to it, (N,)."""
        grid: FeatureGrid = results["grid"]
        end = min(start + self.max_len, len(results["feats"])) - 1
        first, last = (float(grid.to_seconds(x - grid.snippet_offset)) for x in (start, end))
        return keep_inside(results["segments"], first, last, self.min_overlap * (1 + ROUNDING))

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Cut the window that starts at feature ``results["window"]``."""
        if "window" not in results:
            raise ValueError(
                "TrainingWindows must be in the pipeline of a TemporalDataset for training, which "
                "says what window is next"
            )
        start = results["window"]
        segments, kept = self.keep(results, start)
        results["feats"] = results["feats"][start : start + self.max_len]
        results["grid"] = results["grid"].window(start)
        results["segments"], results["labels"] = segments[kept], results["labels"][kept]
        return results


def in_windows(
    data_list: list[dict[str, Any]],
    transforms: Sequence[Any],
    begin: Callable[[dict[str, Any]], dict[str, Any]],
    *,
    source: str,
) -> list[dict[str, Any]]:
    """The entries of a data set, one for each window that its pipeline cuts: ``window`` is where.

    Args:
        data_list: An entry for each recording.
        transforms: The pipeline; without a WindowTransform, the entries are returned as they are.
        begin: Makes of an entry what the pipeline begins with.
        source: File and subset, for messages.

    Raises:
        ValueError: No window keeps an instance.
    """
    at = next((i for i, t in enumerate(transforms) if isinstance(t, WindowTransform)), None)
    if at is None:
        return data_list
    cut, entries, lost = transforms[at], [], 0
    for info in data_list:
        results = begin(info)
        for transform in transforms[:at]:
            if not getattr(transform, "needs_statistics", False):  # which move nothing
                results = transform(results)
        starts = cut.starts(len(results["feats"]))
        kept = np.stack([cut.keep(results, start)[1] for start in starts])  # (W, N)
        lost += int((~kept.any(axis=0)).sum())
        entries += [
            dict(info, window=start)
            for start, belong in zip(starts, kept, strict=True)
            if belong.any()
        ]
    if not entries:
        raise ValueError(
            f"{source}: windows of {cut.max_len} features must keep instances, but none of "
            f"{counted(len(data_list), 'recording')} does: raise max_len, or lower min_overlap"
        )
    windowed = len({entry["video_id"] for entry in entries})
    text = f"{counted(len(entries), 'window')} in {windowed} of "
    text += counted(len(data_list), "recording")
    if lost:
        text += f"; {counted(lost, 'instance')} are in none: longer than one, or cut by all"
    print_log(f"{source}: {text}", "current", logging.WARNING if lost else logging.INFO)
    return entries
