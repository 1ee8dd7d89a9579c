"""How segmentations, one label per frame, are evaluated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.frames import edit_score, frame_scores, mean_of, segmental_f1
from mmtal.results.instance_table import InstanceTable
from mmtal.results.segmentation import as_segmentation, frame_labels

Frames = list[NDArray[np.int64]]

MOST_FRAMES = 100_000_000
"""Of all recordings: 38 days at 30 per second."""


@dataclass(frozen=True, kw_only=True)
class FrameRules:
    """Frames of a recording compared with the true ones; background is a class for accuracy only.

    Attributes:
        frames_per_second: How finely a recording is cut into frames.
        mean_over: What accuracy and segmental F1 are means over: ``frames`` (all frames and all
            runs of a split together, as MS-TCN's release) or ``recordings`` (Lea et al.).
        splits: Beginnings of the names of each split's recordings. The figures are means over the
            splits that there are results of, without those where there is nothing to average.
        score_thr: Detections that score lower are left out; of the others the best that do not
            overlap are the segmentation. None: 0.3 where some overlap; where none do, they are a
            segmentation, and all count.
    """

    frames_per_second: float
    mean_over: Literal["frames", "recordings"] = "frames"
    splits: tuple[tuple[str, ...], ...] = (("",),)
    score_thr: float | None = None

    def __post_init__(self) -> None:
        if not self.frames_per_second > 0:
            raise ValueError(f"frames_per_second must be > 0, but got {self.frames_per_second}")

    def figures(
        self,
        truth: InstanceTable,
        detections: InstanceTable,
        durations: Mapping[str, float],
        overlaps: Sequence[float],
    ) -> dict[str, float]:
        """Accuracy, segmental F1@k, edit score; and precision, recall and F1 of frames.

        Args:
            truth: Instances; where some overlap, the shorter one has the frame.
            detections: Those of other recordings are left out.
            durations: Seconds, of each recording of ``truth``.
            overlaps: tIoU thresholds of the segmental F1.

        Raises:
            ValueError: A recording is in none of the splits, its duration is not known, or
                durations make more than :data:`MOST_FRAMES`.
        """
        unknown = [name for name in truth.video_ids if not durations.get(name)]
        if unknown:
            raise ValueError(
                f"recording '{unknown[0]}' must have a duration to be cut into frames: add it to "
                "the annotation file"
            )
        longest = max(durations, key=lambda name: durations[name], default="")
        number = sum(durations.values()) * self.frames_per_second
        if number > MOST_FRAMES:
            raise ValueError(
                f"durations must make at most {MOST_FRAMES:,} frames at "
                f"{self.frames_per_second:g} per second, but make {number:,.0f}; the longest, of "
                f"recording '{longest}', is {durations[longest]:g}: is it in seconds?"
            )
        best = as_segmentation(detections, self.score_thr)
        actual, guess = (self._frames(table, durations) for table in (truth, best))
        found = []
        for names in self._of_splits(truth.video_ids):
            own = [actual[name] for name in names], [guess[name] for name in names]
            found.append(self._figures_of_split(*own, overlaps))
        columns = {key: np.array([figures[key] for figures in found]) for key in found[0]}
        return {key: mean_of(column[~np.isnan(column)]) for key, column in columns.items()}

    def _figures_of_split(
        self, actual: Frames, guess: Frames, overlaps: Sequence[float]
    ) -> dict[str, float]:
        per_recording = self.mean_over == "recordings"
        figures = frame_scores(actual, guess)
        if per_recording:
            pairs = zip(actual, guess, strict=True)
            figures["accuracy"] = float(np.mean([np.mean(one == other) for one, other in pairs]))
        for overlap in overlaps:
            figures[f"f1@{round(100 * overlap)}"] = segmental_f1(
                actual, guess, overlap, per_recording=per_recording
            )
        return figures | dict(edit=edit_score(actual, guess))

    def in_no_split(self, video_ids: Sequence[str]) -> set[str]:
        """The recordings that are of none of the splits."""
        return {name for name in video_ids if not name.startswith(sum(self.splits, ()))}

    def _of_splits(self, video_ids: Sequence[str]) -> list[list[str]]:
        """The recordings of each split that has some."""
        members = [[name for name in video_ids if name.startswith(own)] for own in self.splits]
        if alone := self.in_no_split(video_ids):
            begins = ", ".join(split[0] for split in self.splits)
            raise ValueError(
                f"recording '{min(alone)}' must be of one of the splits, whose names begin with "
                f"{begins} and so on: use the annotation file of the benchmark"
            )
        return [names for names in members if names]

    def _frames(
        self, table: InstanceTable, durations: Mapping[str, float]
    ) -> dict[str, NDArray[np.int64]]:
        none = np.zeros(0, np.int64)
        rows = dict.fromkeys(durations, none) | dict(table.rows_by_recording())
        return {
            name: frame_labels(
                table.segments[own],
                table.labels[own],
                table.scores[own],
                num_frames=round(durations[name] * self.frames_per_second),
                frames_per_second=self.frames_per_second,
            )
            for name, own in rows.items()
            if name in durations
        }
