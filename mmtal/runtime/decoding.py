"""Raw predictions of an exported network to detections, as the heads do it in PyTorch.

C channels, K classes, T_l positions of level l, M candidates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.runtime.description import Description
from mmtal.runtime.feature_grid import FeatureGrid

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Candidates:
    """What may be a detection, before NMS.

    Attributes:
        segments: float64 (M, 2) in grid units of the recording.
        scores: float32 (M,).
        labels: int64 (M,).
        levels: int64 (M,), of the point that found it.
    """

    segments: NDArray[np.float64]
    scores: Array
    labels: NDArray[np.int64]
    levels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Candidates":
        """Those of a mask, or with these indices."""
        return Candidates(*(column[rows] for column in vars(self).values()))

    @classmethod
    def join(cls, parts: Sequence["Candidates"]) -> "Candidates":
        """Those of several windows, or levels, as one."""
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def no_longer_than(self, longest: float | None) -> "Candidates":
        """Those of at most so many grid units; None: all."""
        if longest is None:
            return self
        return self.take(self.segments[:, 1] - self.segments[:, 0] <= longest)


def decode(
    logits: Sequence[Array],
    offsets: Sequence[Array],
    taken: Sequence[NDArray[np.bool_]],
    model: Description,
    *,
    start: int,
    topk: int,
) -> Candidates:
    """Best predictions of each level.

    Args:
        logits: Per level (K, T_l).
        offsets: Per level (..., T_l).
        taken: Per level bool (T_l,), the points that count.
        model: Says how.
        start: Feature of the recording at which the window begins.
        topk: Most predictions of a level.
    """
    found = []
    for level, stride in enumerate(model.level_strides):
        K = len(logits[level])
        with np.errstate(over="ignore"):
            probability = 1 / (1 + np.exp(-logits[level].T))  # (T_l, K)
        rows = np.flatnonzero((probability > model.score_thr) & taken[level][:, None])
        scores = probability.ravel()[rows].astype(np.float32, copy=False)
        if len(rows) > topk:
            best = np.argpartition(-scores, topk - 1)[:topk]
            rows, scores = rows[best], scores[best]
        point, label = np.divmod(rows, K)
        ends = DECODERS[model.decoding or ""](offsets[level], point, label, model)
        position = (start + point * stride).astype(np.float64)
        segments = np.stack([position - ends[0] * stride, position + ends[1] * stride], axis=1)
        found.append(Candidates(segments, scores, label, np.full(len(rows), level)))
    return Candidates.join(found)


def _offsets(offsets: Array, point: NDArray[np.int64], label: object, model: object) -> Array:
    """ActionFormer: offsets (2, T_l) are what they are; (2, M)."""
    return offsets[:, point]


def _bins(
    boundaries: Array, point: NDArray[np.int64], label: NDArray[np.int64], model: Description
) -> Array:
    """TriDet: the expected bin, see ``projects.tridet.tridet.trident_head``; (2, M)."""
    N, K = model.num_bins, model.num_classes
    own = boundaries[: 2 * (N + 1), point].reshape(2, N + 1, -1)
    start, end = boundaries[2 * (N + 1) :].reshape(2, K, -1)
    near = point + np.arange(N + 1)[:, None]  # (N + 1, M)
    # beyond the sequence, the point decides alone
    neighbors = np.stack(
        [np.pad(start, ((0, 0), (N, 0)))[label, near], np.pad(end, ((0, 0), (0, N)))[label, near]]
    )
    logits = own + neighbors  # (2, N + 1, M), in order of time
    weights = np.exp(logits - logits.max(1, keepdims=True))
    steps = np.arange(N + 1, dtype=np.float32)
    distances = np.stack([steps[::-1], steps])[..., None]
    return (weights * distances).sum(1) / weights.sum(1)


def _events(
    ways: Array, point: NDArray[np.int64], label: NDArray[np.int64], model: object
) -> Array:
    """Events without duration: the way (K, T_l) to one of each class; (2, M)."""
    way = ways[label, point]
    return np.stack([-way, way])


Decoder = Callable[[Array, NDArray[np.int64], NDArray[np.int64], Description], Array]
DECODERS: dict[str, Decoder] = {"offsets": _offsets, "bins": _bins, "events": _events}
"""Raw offsets of a level, points (M,) and labels (M,) to distances (2, M) in level strides."""


def best_of_levels(candidates: Candidates, topk: int) -> Candidates:
    """The best ``topk`` of each level, of any number of windows."""
    kept = []
    for level in np.unique(candidates.levels):
        rows = np.flatnonzero(candidates.levels == level)
        if len(rows) > topk:
            rows = rows[np.argpartition(-candidates.scores[rows], topk - 1)[:topk]]
        kept.append(rows)
    return candidates.take(np.concatenate(kept)) if kept else candidates


def finish(
    candidates: Candidates, model: Description, grid: FeatureGrid, duration: float, most: int
) -> tuple[Array, Array, NDArray[np.int64]]:
    """Detections of a recording from its candidates: NMS, cap, seconds, clip.

    Args:
        candidates: Of the whole recording.
        model: Says how.
        grid: Of the recording.
        duration: Its seconds.
        most: Detections that are kept.

    Returns:
        Segments (M, 2) in seconds, scores (M,) and labels (M,), highest score first.
    """
    if model.min_duration is not None:
        lengths = candidates.segments[:, 1] - candidates.segments[:, 0]
        candidates = candidates.take(lengths > model.min_duration)
    segments, scores, labels = (
        candidates.segments.astype(np.float32), candidates.scores, candidates.labels,
    )  # fmt: skip
    if model.nms is None:
        order = np.argsort(-scores, kind="stable")[:most]
        segments, scores, labels = segments[order], scores[order], labels[order]
    else:
        from mmtal.runtime.nms import segment_nms  # compiled when it is imported

        segments, scores, labels = segment_nms(
            segments, scores, labels, max_per_video=most, **model.nms
        )
    return grid.to_seconds(segments).clip(0, duration), scores, labels
