"""Detections of one recording. M detections."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

FALLBACK_SCORE_THR = 0.3
"""Where a model does not say from which score on its detections are shown."""


class Detection(NamedTuple):
    """One detection: ``start`` and ``end`` in seconds, ``score`` in [0, 1], ``label``, ``name``."""

    start: float
    end: float
    score: float
    label: int
    name: str


@dataclass(frozen=True)
class FoundActions:
    """All that was found in one recording, highest score first. Iterates over :class:`Detection`.

    Attributes:
        video_id: Name of the recording.
        duration: Its length in seconds.
        segments: float32 (M, 2), start and end in seconds.
        scores: float32 (M,) in [0, 1].
        labels: int64 (M,).
        classes: Names by label.
        threshold: Score from which on tables and pictures show a detection: where F1 was best in
            validation, as the checkpoint says. None: it does not say, and 0.3 is taken.
    """

    video_id: str
    duration: float
    segments: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    threshold: float | None = None

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[Detection]:
        columns = (self.segments.tolist(), self.scores.tolist(), self.labels.tolist())
        for (start, end), score, label in zip(*columns, strict=True):
            yield Detection(start, end, score, label, self.classes[label])

    @property
    def names(self) -> list[str]:
        """Name of the class of each detection (M)."""
        return [self.classes[label] for label in self.labels]

    @property
    def shown_from(self) -> float:
        """The threshold in use."""
        return FALLBACK_SCORE_THR if self.threshold is None else self.threshold

    def above(self, score_thr: float | None = None) -> Self:
        """Only the detections that score at least so much; None: their own threshold."""
        score_thr = self.shown_from if score_thr is None else score_thr
        rows = self.scores >= score_thr
        return replace(
            self,
            segments=self.segments[rows],
            scores=self.scores[rows],
            labels=self.labels[rows],
            threshold=score_thr,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: ``video_id``, ``duration``, ``detections`` as in results files."""
        return dict(
            video_id=self.video_id,
            duration=self.duration,
            detections=[
                dict(label=d.name, label_id=d.label, segment=[d.start, d.end], score=d.score)
                for d in self
            ],
        )
