"""Detections of one recording from an inferencer. M detections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from terminaltables import AsciiTable

from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import write_results
from mmtal.runtime.detections import FoundActions
from mmtal.structures.recording_view import RecordingView, usual_tolerance
from mmtal.utils.wording import counted
from mmtal.visualization.layout import format_time
from mmtal.visualization.thumbnails import thumbnails
from mmtal.visualization.timeline import draw_detections

MAX_ROWS, LEAST_ROWS = 40, 5
"""Of a table in all, and at least of each recording that it shows."""


@dataclass(frozen=True)
class Detections(FoundActions):
    """All that was found in one recording: see :class:`mmtal.runtime.detections.FoundActions`."""

    def draw(self, *, score_thr: float | None = None, video: Path | None = None) -> Figure:
        """A picture over time, that of a video with pictures of it.

        See :func:`mmtal.visualization.timeline.draw_detections`.
        """
        score_thr = self.shown_from if score_thr is None else score_thr
        pictures = thumbnails(video)
        return draw_detections(self.view, self.classes, score_thr=score_thr, pictures=pictures)

    @property
    def view(self) -> RecordingView:
        """For pictures."""
        view = RecordingView(
            self.video_id, self.duration, pred_segments=self.segments, pred_scores=self.scores,
            pred_labels=self.labels,
        )  # fmt: skip
        is_event = self.segments[:, 0] == self.segments[:, 1]
        return view.as_events(usual_tolerance([view])) if len(self) and is_event.all() else view


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
