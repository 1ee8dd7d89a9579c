"""Arrays of one recording for pictures and reports. N instances, M predictions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

TIOU_OF_HIT = 0.5
TIOU_OF_NEAR = 1 / 3 - 1e-9
"""Of events that are as far apart as the tolerance."""


def _no_segments() -> NDArray[np.float64]:
    return np.zeros((0, 2))


def _no_labels() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class RecordingView:
    """Ground truth and predictions of one recording; times in seconds.

    Attributes:
        video_id: Name of the recording.
        duration: Length in seconds.
        gt_segments: (N, 2).
        gt_labels: int (N,).
        pred_segments: (M, 2); empty where nothing was predicted.
        pred_scores: (M,).
        pred_labels: int (M,).
        tolerance: How far off an event may be found, in seconds; half of the length at which events
            are drawn. None: the instances are segments.
    """

    video_id: str
    duration: float
    gt_segments: NDArray[Any] = field(default_factory=_no_segments)
    gt_labels: NDArray[Any] = field(default_factory=_no_labels)
    pred_segments: NDArray[Any] = field(default_factory=_no_segments)
    pred_scores: NDArray[Any] = field(default_factory=lambda: np.zeros(0))
    pred_labels: NDArray[Any] = field(default_factory=_no_labels)
    tolerance: float | None = None

    def shown(self, score_thr: float) -> NDArray[np.intp]:
        """Rows of the predictions that score at least ``score_thr``, the best one first."""
        rows = np.flatnonzero(self.pred_scores >= score_thr)
        return rows[np.argsort(-self.pred_scores[rows], kind="stable")]

    def as_events(self, tolerance: float) -> "RecordingView":
        """The middles of its instances as events, all drawn twice as long as the tolerance."""
        gt, pred = (
            segments.mean(axis=1, keepdims=True) + [-tolerance, tolerance]
            for segments in (self.gt_segments, self.pred_segments)
        )
        return replace(self, tolerance=tolerance, gt_segments=gt, pred_segments=pred)


def usual_tolerance(views: Sequence[RecordingView]) -> float:
    """Half the median length of the instances that have one; 1/1000 of a recording if none has."""
    both = [segments for view in views for segments in (view.gt_segments, view.pred_segments)]
    lengths = np.concatenate([np.diff(segments)[:, 0] for segments in both])
    some = lengths[lengths > 0]
    return float(np.median(some) / 2 if len(some) else np.median([v.duration for v in views]) / 1e3)


@dataclass(frozen=True)
class RecordingHits:
    """How predictions and instances of a recording meet.

    Attributes:
        hit: bool (M,), true positives.
        tiou: (M,) of a hit with its instance, of any other with the best instance of its class.
        hit_by: int (N,), the prediction that found each instance, -1 if none did.
        tiou_thr: tIoU of a hit.
    """

    hit: NDArray[np.bool_]
    tiou: NDArray[np.float64]
    hit_by: NDArray[np.int64]
    tiou_thr: float = TIOU_OF_HIT


def without_classes(
    view: RecordingView, classes: Sequence[str], model: Any
) -> tuple[RecordingView, list[str]]:
    """What to draw of a model: where its head knows no classes, neither do the pictures."""
    if len(classes) < 2 or getattr(getattr(model, "head", None), "num_classes", None) != 1:
        return view, list(classes)
    return replace(view, gt_labels=0 * view.gt_labels, pred_labels=0 * view.pred_labels), [
        "any class"
    ]
