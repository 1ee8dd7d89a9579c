"""Detections of one recording from an inferencer. M detections."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from terminaltables import AsciiTable

from mmtal.engine.hooks.operating_point_hook import FALLBACK_SCORE_THR
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import write_results
from mmtal.structures import RecordingView
from mmtal.utils.wording import counted
from mmtal.visualization.layout import format_time
from mmtal.visualization.timeline import draw_detections

MAX_ROWS, LEAST_ROWS = 40, 5
"""Of a table in all, and at least of each recording that it shows."""


class Detection(NamedTuple):
    """One detection: ``start`` and ``end`` in seconds, ``score`` in [0, 1], ``label``, ``name``."""

    start: float
    end: float
    score: float
    label: int
    name: str


@dataclass(frozen=True)
class Detections:
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

    def above(self, score_thr: float | None = None) -> "Detections":
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

    def draw(self, *, score_thr: float | None = None) -> Figure:
        """A picture over time; see :func:`mmtal.visualization.timeline.draw_detections`."""
        view = RecordingView(
            self.video_id, self.duration, pred_segments=self.segments, pred_scores=self.scores,
            pred_labels=self.labels,
        )  # fmt: skip
        score_thr = self.shown_from if score_thr is None else score_thr
        return draw_detections(view, self.classes, score_thr=score_thr)

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


def write_detections(
    path: str | Path, results: Sequence[Detections], stamp: Mapping[str, Any]
) -> None:
    """Write ActivityNet results JSON, whole or not at all, as ``mmtal test --out`` does.

    ``stamp`` goes under the key ``mmtal``: where the detections come from.
    """
    table = InstanceTable.from_videos(
        {r.video_id: dict(segments=r.segments, labels=r.labels, scores=r.scores) for r in results}
    )
    write_results(path, table, results[0].classes, stamp)


def format_detections(results: Sequence[Detections]) -> str:
    """A short table of what scores high enough, in order of time, and what it leaves out.

    The best detections of each recording are shown, as far as 40 rows reach.
    """
    most = max(LEAST_ROWS, MAX_ROWS // len(results))
    rows: list[list[str]] = []
    listed = 0
    for result in results:
        shown = result.above()
        if listed and len(rows) + min(most, len(shown)) > MAX_ROWS:
            break
        listed += 1
        of = f"{result.video_id} ({format_time(result.duration)}): {len(shown)} found"
        if len(shown) > most:
            of += f", best {most}:"
        lines = [
            [f"{d.start:.2f}", f"{d.end:.2f}", d.name, f"{d.score:.3f}"]
            for d in sorted(islice(shown, most))
        ] or [["-", "-", "-", "-"]]
        rows += [[of if row == 0 else "", *line] for row, line in enumerate(lines)]
    table = AsciiTable([["recording", "start (s)", "end (s)", "class", "score"], *rows]).table
    left = len(results) - listed
    return table + (f"\n... and {counted(left, 'more recording')}" if left else "") + _note(results)


def _note(results: Sequence[Detections]) -> str:
    """How many detections lie below the threshold, and where the threshold is from."""
    total = sum(map(len, results))
    below = total - sum(len(result.above()) for result in results)
    if not below:
        return ""
    source = "where F1 was best in validation"
    if results[0].threshold is None:
        source = "since the checkpoint has no threshold of its own"
    return (
        f"\nshown: score >= {results[0].shown_from:g}, {source}; {below:,} of "
        f"{counted(total, 'detection')} lie below"
    )
