"""Arrays of one recording for pictures and reports. N instances, M predictions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

TIOU_OF_HIT = 0.5


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
    """

    video_id: str
    duration: float
    gt_segments: NDArray[Any] = field(default_factory=_no_segments)
    gt_labels: NDArray[Any] = field(default_factory=_no_labels)
    pred_segments: NDArray[Any] = field(default_factory=_no_segments)
    pred_scores: NDArray[Any] = field(default_factory=lambda: np.zeros(0))
    pred_labels: NDArray[Any] = field(default_factory=_no_labels)

    def shown(self, score_thr: float) -> NDArray[np.intp]:
        """Rows of the predictions that score at least ``score_thr``, the best one first."""
        rows = np.flatnonzero(self.pred_scores >= score_thr)
        return rows[np.argsort(-self.pred_scores[rows], kind="stable")]


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
