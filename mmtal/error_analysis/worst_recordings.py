"""Recordings with the most errors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmtal.evaluation.matching import MatchedDetections

NUMBER = 20


@dataclass(frozen=True)
class RecordingErrors:
    """What goes wrong in one recording, with the G best detections of each class.

    Attributes:
        video: Row in the list of recordings.
        video_id: Its name.
        instances: Number of instances.
        missed: Instances that no such detection hits.
        false: Such detections that hit nothing.
        shown: Rows of such detections among the matched ones.
    """

    video: int
    video_id: str
    instances: int
    missed: int
    false: int
    shown: NDArray[np.int64]

    @property
    def f1(self) -> float:
        """Share of hits among instances and detections; 0 where there is neither."""
        hits = self.instances - self.missed
        return 2 * hits / max(2 * hits + self.missed + self.false, 1)


def worst_recordings(
    matches: MatchedDetections, threshold: int, *, number: int = NUMBER
) -> list[RecordingErrors]:
    """The recordings with the most misses and false alarms together, most first.

    Counted are the G best detections of each class with G instances (in the whole data), so that
    there are as many detections as instances; recordings without an error are left out.
    """
    total = len(matches.truth.video_ids)
    used = (matches.share_of_g() < 1) & (matches.pred_video >= 0)
    hit = matches.hits[threshold]
    instances = np.bincount(matches.truth.video, minlength=total)
    missed = instances - np.bincount(matches.pred_video[used & hit], minlength=total)
    false = np.bincount(matches.pred_video[used & ~hit], minlength=total)
    order = np.argsort(-(missed + false), kind="stable")[:number]
    return [
        RecordingErrors(
            video=int(video),
            video_id=matches.truth.video_ids[video],
            instances=int(instances[video]),
            missed=int(missed[video]),
            false=int(false[video]),
            shown=np.flatnonzero(used & (matches.pred_video == video)),
        )
        for video in order
        if missed[video] + false[video]
    ]
