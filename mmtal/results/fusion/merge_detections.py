"""Merge detections of several systems. M detections, S systems, G groups that overlap."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from mmtal.ops import segment_nms
from mmtal.results.instance_table import InstanceTable

MergeMethod = Literal["gaussian", "linear", "hard", "wbf"]


@dataclass(frozen=True, kw_only=True)
class MergeSettings:
    """How detections of several systems are merged.

    ``gaussian``, ``linear`` and ``hard`` are NMS over the union (:func:`mmtal.ops.segment_nms`):
    of what the systems agree on, the best one's segment and score stay. ``wbf`` takes the mean
    instead, see :func:`fuse_overlapping`, and scores higher what more systems found.

    Attributes:
        method: See above.
        sigma: Of ``gaussian``.
        tiou_thr: Of the others: from this tIoU on, detections are about the same thing.
        min_score: Detections below it are dropped.
        max_per_video: Detections kept.
        distance: Seconds, of events without duration: middles that are nearer are about the same
            thing, in place of ``tiou_thr``; not with ``wbf``.
        class_agnostic: Labels do not keep detections apart (proposals).
    """

    method: MergeMethod = "gaussian"
    sigma: float = 0.5
    tiou_thr: float = 0.5
    distance: float | None = None
    min_score: float = 0.001
    max_per_video: int = 200
    class_agnostic: bool = False

    def __post_init__(self) -> None:
        if self.method not in get_args(MergeMethod):
            raise ValueError(
                f"method must be one of {get_args(MergeMethod)}, but got {self.method!r}"
            )
        if not self.sigma > 0:
            raise ValueError(f"sigma must be > 0, but got {self.sigma}")
        if not 0 < self.tiou_thr <= 1:
            raise ValueError(f"tiou_thr must be in (0, 1], but got {self.tiou_thr}")
        if self.distance is not None and not (self.distance > 0 and self.method != "wbf"):
            raise ValueError(
                "distance must be > 0, and the method one of NMS, but got "
                f"{self.distance} and {self.method}"
            )
        if self.max_per_video < 1:
            raise ValueError(f"max_per_video must be >= 1, but got {self.max_per_video}")


def merge_detections(
    tables: Sequence[InstanceTable],
    settings: MergeSettings | None = None,
    *,
    weights: Sequence[float] | None = None,
) -> InstanceTable:
    """Merge what several systems found, recording by recording, highest score first.

    Tables have the same labels; in a recording that one lacks, its system found nothing.
    ``weights``, > 0, say how much a system's scores count; None: equally. ValueError: they are not
    as said, a score is below 0, or a segment is reversed.
    """
    settings = settings or MergeSettings()
    shares = np.ones(len(tables)) if weights is None else np.asarray(weights, dtype=float)
    if len(shares) != len(tables) or not (np.isfinite(shares).all() and (shares > 0).all()):
        raise ValueError(f"weights must be {len(tables)} numbers > 0, but got {weights}")
    shares = shares / shares.max()
    video_ids = list(dict.fromkeys(video for table in tables for video in table.video_ids))
    rows = np.concatenate([table.video_index_in(video_ids) for table in tables])
    segments = np.concatenate([table.segments for table in tables])
    labels = np.concatenate([table.labels for table in tables])
    scores = np.concatenate([t.scores * share for t, share in zip(tables, shares, strict=True)])
    if (scores < 0).any():
        raise ValueError(f"scores must be >= 0, but the least is {scores.min()}")
    bad = np.flatnonzero(segments[:, 0] > segments[:, 1])
    if len(bad):
        start, end = segments[bad[0]]
        raise ValueError(
            f"segments must not end before they start, but one of recording "
            f"'{video_ids[rows[bad[0]]]}' is [{start:g}, {end:g}] (and {len(bad) - 1} more; "
            "mmtal results convert --fix reversed fixes results)"
        )
    videos = {}
    for video, part in InstanceTable(
        tuple(video_ids), rows, segments, labels, scores
    ).rows_by_recording():
        own = (segments[part], labels[part], scores[part])
        if settings.method == "wbf":
            videos[video] = _best_of_fused(*own, shares, settings)
        else:
            videos[video] = suppress(*own, **asdict(settings))
    return InstanceTable.from_videos(videos)


def suppress(
    segments: NDArray[Any], labels: NDArray[Any], scores: NDArray[Any], **settings: Any
) -> dict[str, NDArray[Any]]:
    """:func:`mmtal.ops.segment_nms` of arrays: what is left, by column."""
    tensors = (torch.from_numpy(column) for column in (segments, scores, labels))
    kept = segment_nms(*tensors, **settings)
    return {
        name: column.numpy()
        for name, column in zip(("segments", "scores", "labels"), kept, strict=True)
    }


def _best_of_fused(
    segments: NDArray[Any],
    labels: NDArray[Any],
    scores: NDArray[Any],
    weights: NDArray[Any],
    settings: MergeSettings,
) -> dict[str, NDArray[Any]]:
    groups = np.zeros_like(labels) if settings.class_agnostic else labels
    segments, labels, scores = fuse_overlapping(
        segments, labels, scores, groups, weights=weights, tiou_thr=settings.tiou_thr
    )
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] >= settings.min_score][: settings.max_per_video]
    return dict(segments=segments[order], labels=labels[order], scores=scores[order])


def fuse_overlapping(
    segments: NDArray[Any],
    labels: NDArray[Any],
    scores: NDArray[Any],
    groups: NDArray[Any],
    *,
    weights: NDArray[Any],
    tiou_thr: float,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Weighted box fusion, along time (Solovyev et al., Image and Vision Computing 2021).

    By falling score, a detection, of M, joins the fused segment of its group that it overlaps most,
    if the tIoU is above ``tiou_thr``; else it begins one. A fused segment is the mean of its
    members, weighted by their scores, which are times the weight of their system. Its score is the
    sum of theirs, as far as all systems could give it: with n members of S systems, their mean
    times min(n, S), by the sum of the weights. Returned are segments (G, 2), labels (G,) of the
    best member, and scores (G,).
    """
    found: list[tuple[float, float, int, float]] = []
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        rows = rows[np.argsort(-scores[rows], kind="stable")]
        fused = np.zeros((len(rows), 2))
        sums = np.zeros((len(rows), 3))  # score-weighted start and end, score
        members = np.zeros(len(rows), dtype=int)
        best_label = np.zeros(len(rows), dtype=labels.dtype)
        count = 0
        for row in rows:
            start, end = segments[row]
            overlap = np.minimum(fused[:count, 1], end) - np.maximum(fused[:count, 0], start)
            overlap = overlap.clip(min=0)
            union = fused[:count, 1] - fused[:count, 0] + end - start - overlap
            tiou = np.divide(overlap, union, out=np.zeros(count), where=union > 0)
            at = int(tiou.argmax()) if count else 0
            if not count or tiou[at] <= tiou_thr:
                at, count = count, count + 1
                best_label[at] = labels[row]
            weight = max(scores[row], np.finfo(float).tiny)  # a score of 0 still has a place
            sums[at] += weight * start, weight * end, weight
            members[at] += 1
            fused[at] = sums[at, :2] / sums[at, 2]
        mean = sums[:count, 2] / members[:count]
        score = mean * np.minimum(members[:count], len(weights)) / weights.sum()
        found += zip(*fused[:count].T, best_label[:count], score, strict=True)
    if not found:
        return segments[:0], labels[:0], scores[:0]
    starts, stops, names, values = (np.array(column) for column in zip(*found, strict=True))
    return np.stack([starts, stops], axis=1), names, values
