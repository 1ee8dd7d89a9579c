"""Instances of many recordings as columns: what every function of this package works on.

Letters: N ground truth, M predictions, V recordings, C classes present, T tIoU thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ANY_CLASS = "action"
"""Name of the one class where classes do not matter."""
MIN_DURATION = 1e-3
"""Instances shorter than this (s) are dropped, and ends this close together count as equal."""


@dataclass(frozen=True)
class InstanceTable:
    """Ground truth or predictions of V recordings; row ``i`` is one instance.

    Attributes:
        video_ids: Names of the recordings, those without an instance included.
        video: int64 (N,), index into ``video_ids``.
        segments: float64 (N, 2), start and end in seconds.
        labels: int64 (N,).
        scores: float64 (N,); 1 in ground truth.
    """

    video_ids: tuple[str, ...]
    video: NDArray[np.int64]
    segments: NDArray[np.float64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.video)

    def one_class(self) -> InstanceTable:
        """The same instances, all of label 0: where, not what."""
        return replace(self, labels=np.zeros_like(self.labels))

    @classmethod
    def from_videos(cls, videos: Mapping[str, Mapping[str, ArrayLike]]) -> InstanceTable:
        """Join recordings; their order is kept, and with it the order of tied scores.

        Args:
            videos: For each recording ``segments`` (N, 2), ``labels`` (N,) and, for predictions,
                ``scores`` (N,).

        Raises:
            ValueError: The columns of a recording disagree, or a number is NaN or infinite.
        """
        columns = [_columns(name, columns) for name, columns in videos.items()]
        counts = [len(labels) for _, labels, _ in columns]
        empty = (np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0))
        segments, labels, scores = (
            np.concatenate(parts) for parts in zip(empty, *columns, strict=True)
        )
        return cls(
            video_ids=tuple(videos),
            video=np.repeat(np.arange(len(counts)), counts),
            segments=segments,
            labels=labels,
            scores=scores,
        )

    def select(self, rows: NDArray[Any]) -> InstanceTable:
        """The rows that a mask or an index array picks; every recording stays listed."""
        columns = ("video", "segments", "labels", "scores")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})

    def rows(self) -> Iterator[tuple[str, list[float], int, float]]:
        """Recording, segment, label and score of each instance, as plain values."""
        columns = (self.video, self.segments, self.labels, self.scores)
        for video, *rest in zip(*(column.tolist() for column in columns), strict=True):
            yield self.video_ids[video], *rest

    def rows_by_recording(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Each recording and the indices of its rows, ascending."""
        order = np.argsort(self.video, kind="stable")
        bounds = np.searchsorted(self.video[order], np.arange(len(self.video_ids) + 1))
        return zip(self.video_ids, np.split(order, bounds)[1:-1], strict=True)

    def video_index_in(self, video_ids: Sequence[str]) -> NDArray[np.int64]:
        """(N,) each row's position in ``video_ids``, -1 where its recording is not listed."""
        position = {name: index for index, name in enumerate(video_ids)}
        table = np.array([position.get(name, -1) for name in self.video_ids], dtype=np.int64)
        return table[self.video]


def _columns(
    name: str, columns: Mapping[str, ArrayLike]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    segments = np.asarray(columns["segments"], dtype=np.float64).reshape(-1, 2)
    labels = np.asarray(columns["labels"], dtype=np.int64)
    scores = np.asarray(columns.get("scores", np.ones(len(labels))), dtype=np.float64)
    if not len(segments) == len(labels) == len(scores):
        raise ValueError(
            f"recording '{name}' must have as many segments as labels and scores, but got "
            f"{len(segments)}, {len(labels)} and {len(scores)}"
        )
    if not (np.isfinite(segments).all() and np.isfinite(scores).all()):
        raise ValueError(f"recording '{name}' holds a segment or a score that is NaN or infinite")
    return segments, labels, scores


def without_duplicates(
    truth: InstanceTable, *, min_duration: float = MIN_DURATION
) -> tuple[InstanceTable, int]:
    """Drop instances that are too short and repeated ones; the first of equal instances stays.

    Two instances of a recording are equal if they have the same label and both ends lie within
    1 ms. What counts as repeated is compared with the instances kept so far, as the official
    ActionFormer does it, so a chain of near-equal ones loses only those near a kept one.

    Args:
        truth: Ground truth.
        min_duration: Seconds; shorter instances are dropped.

    Returns:
        The cleaned table and the number of instances dropped.
    """
    start, end = truth.segments.T
    keep = end - start >= min_duration
    order = np.lexsort((start, truth.labels, truth.video))
    pairs = []
    for step in range(1, len(truth)):
        one, other = order[:-step], order[step:]
        near = (
            (truth.video[one] == truth.video[other])
            & (truth.labels[one] == truth.labels[other])
            & (np.abs(start[one] - start[other]) <= MIN_DURATION)
        )
        if not near.any():
            break
        near &= np.abs(end[one] - end[other]) <= MIN_DURATION
        pairs += list(zip(one[near].tolist(), other[near].tolist(), strict=True))
    # By the later row, so that whether the earlier one stays is settled when it is asked for.
    for later, earlier in sorted((max(pair), min(pair)) for pair in pairs):
        if keep[earlier]:
            keep[later] = False
    return truth.select(keep), int(len(keep) - keep.sum())
