"""How events without duration are evaluated: mAP at tolerances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from mmtal.evaluation.operating_point import OperatingPoint, best_f1
from mmtal.evaluation.points import (
    Points,
    eleven_point_ap,
    greedy_hits,
    interpolated_ap,
    nearest_hits,
    stepwise_ap,
    tolerances_as_tiou,
    widened,
)
from mmtal.results.instance_table import InstanceTable

SOCCERNET_RATE = 2
SOCCERNET_LAST = 120 * 60 * SOCCERNET_RATE - 1
"""Of the frames of a half: what is later lies there."""
SOCCERNET_UNSHOWN = 13
"""Classes of which some actions are not shown in the broadcast."""

Means = tuple[dict[str, float], dict[str, list[float]]]


@dataclass(frozen=True, kw_only=True)
class PointRules:
    """Points in time; a segment stands for its middle.

    Attributes:
        tolerances: Largest distances of a hit, in ``unit``; with ``matching`` soccernet of
            prediction and truth twice over.
        matching: ``nearest``: the best score first, each prediction takes the nearest free true
            point; ``soccernet``: the package SoccerNet 0.2.0, see below.
        unit: ``s``, or ``frames`` of the recording, to which times are rounded.
        inclusive: Whether a distance that equals the tolerance is a hit.
        interpolated: Precision never rises with recall; else a step for each score.
        listed_only: Detections in recordings without a true point do not count.

    SoccerNet has frames of 0.5 s, one score for each and class (the last written), matches by the
    truth (:func:`~mmtal.evaluation.points.greedy_hits`), and integrates over tolerances. Truth
    that the broadcast does not show has a score of -1; predictions nearest to such (or where there
    is none) make up ``mAP_unshown``, those nearest to the rest ``mAP_visible``.
    """

    tolerances: tuple[float, ...]
    matching: Literal["nearest", "soccernet"] = "nearest"
    unit: Literal["s", "frames"] = "s"
    inclusive: bool = True
    interpolated: bool = True
    listed_only: bool = False

    def __post_init__(self) -> None:
        rising = all(one < other for one, other in pairwise((*self.tolerances, np.inf)))
        if not self.tolerances or not self.tolerances[0] >= 0 or not rising:
            raise ValueError(
                f"tolerances must be rising numbers >= 0, but got {list(self.tolerances)}"
            )

    @property
    def by_distance(self) -> bool:
        """Whether matches of :func:`~mmtal.evaluation.points.widened` points make up its mAP."""
        plain = self.inclusive and self.interpolated and not self.listed_only
        return plain and self.matching == "nearest" and self.unit == "s" and self.tolerances[0] > 0

    def figures(
        self,
        truth: InstanceTable,
        detections: InstanceTable,
        classes: Sequence[str],
        rates: Mapping[str, float],
    ) -> Means:
        """mAP, mAP at each tolerance, and the AP of each class at each tolerance.

        Args:
            truth: The points, of segments the middles.
            detections: Likewise.
            classes: Names by label.
            rates: Frames per second of the recordings, where the unit is frames.

        Raises:
            ValueError: The rate of a recording with both is not known.
        """
        if self.matching == "soccernet":
            return _soccernet(truth, detections, classes, self.tolerances)
        if self.listed_only:
            kept = np.isin(detections.video_index_in(truth.video_ids), np.unique(truth.video))
            detections = detections.select(kept)
        actual, guess = self._times(truth, detections, rates)
        videos = list(dict.fromkeys((*truth.video_ids, *detections.video_ids)))
        average = interpolated_ap if self.interpolated else stepwise_ap
        per_class: dict[str, list[float]] = {}
        for label in np.unique(truth.labels).tolist():
            own = _of_class(truth, actual, label, videos)
            found = _of_class(detections, guess, label, videos)
            per_class[classes[label]] = [
                average(
                    nearest_hits(own, found, tolerance, inclusive=self.inclusive),
                    found.scores,
                    len(own.times),
                )
                for tolerance in self.tolerances
            ]
        means = np.mean(list(per_class.values()) or [[np.nan] * len(self.tolerances)], axis=0)
        metrics = {
            f"mAP@{tolerance:g} {self.unit}": float(mean)
            for tolerance, mean in zip(self.tolerances, means, strict=True)
        }
        return {"mAP": float(means.mean()), **metrics}, per_class

    def best_f1(
        self, truth: InstanceTable, detections: InstanceTable, rates: Mapping[str, float]
    ) -> OperatingPoint | None:
        """As :func:`mmtal.evaluation.operating_point.best_f1`, at the middle tolerance.

        Arguments are those of :meth:`figures`; the nearest true point counts for all matchings.
        """
        tolerance = self.tolerances[len(self.tolerances) // 2]
        if self.matching == "soccernet":
            tolerance /= 2
        half = [max(tolerance, 1e-3)]
        times = self._times(truth, detections, rates)
        both = (
            widened(replace(table, segments=own[:, None]), half)
            for table, own in zip((truth, detections), times, strict=True)
        )
        point = best_f1(*both, tiou=tolerances_as_tiou(half)[0])
        return point and replace(point, tiou=None, tolerance=f"{tolerance:g} {self.unit}")

    def _times(
        self, truth: InstanceTable, detections: InstanceTable, rates: Mapping[str, float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Times of both, in the unit; where only one of them has points, any will do."""
        tables = (truth, detections)
        times = [table.segments.mean(axis=1) for table in tables]
        if self.unit == "s":
            return times[0], times[1]
        names = [{table.video_ids[video] for video in np.unique(table.video)} for table in tables]
        unknown = sorted(name for name in names[0] & names[1] if not rates.get(name))
        if unknown:
            raise ValueError(
                f"recording '{unknown[0]}' must have an fps, since tolerances are frames: add it "
                "to the annotation file"
            )
        own = [np.array([rates.get(n, 0.0) for n in table.video_ids]) for table in tables]
        actual, guess = (
            np.rint(time * rate[table.video])
            for time, rate, table in zip(times, own, tables, strict=True)
        )
        return actual, guess


def _of_class(table: InstanceTable, times: np.ndarray, label: int, videos: Sequence[str]) -> Points:
    rows = np.flatnonzero(table.labels == label)
    return Points(table.video_index_in(videos)[rows], times[rows], table.scores[rows])


def _soccernet(
    truth: InstanceTable,
    detections: InstanceTable,
    classes: Sequence[str],
    tolerances: Sequence[float],
) -> Means:
    """SoccerNet 0.2.0, ``Evaluation/ActionSpotting.py``."""
    videos = list(truth.video_ids)
    kinds = ("", "_visible", "_unshown")
    aps = np.zeros((len(kinds), len(tolerances), len(classes)))
    for label in range(len(classes)):
        own = _last_of_frame(truth, label, videos)
        found = _last_of_frame(detections, label, videos)
        sure = found.scores >= 0
        found = Points(found.video[sure], found.times[sure], found.scores[sure])
        shown = _shown(own, found)
        for t, tolerance in enumerate(tolerances):
            hits = greedy_hits(own, found, tolerance * SOCCERNET_RATE / 2)
            for kind, (rows, total) in enumerate(
                (
                    (np.ones(len(hits), dtype=bool), len(own.times)),
                    (shown, int((own.scores > 0).sum())),
                    (~shown, int((own.scores < 0).sum())),
                )
            ):
                aps[kind, t, label] = eleven_point_ap(hits[rows], found.scores[rows], total)
    per_class = {name: aps[0, :, label].tolist() for label, name in enumerate(classes)}
    metrics = {}
    for kind, name in enumerate(kinds):
        means = aps[kind].mean(axis=1)
        average = means[0]
        if len(means) > 1:
            average = ((means[1:] + means[:-1]) / 2).sum() / (len(means) - 1)
            if name == "_unshown":
                average *= len(classes) / SOCCERNET_UNSHOWN
        metrics[f"mAP{name}"] = float(average)
        metrics |= {
            f"mAP{name}@{tolerance:g} s": float(mean)
            for tolerance, mean in zip(tolerances, means, strict=True)
        }
    return metrics, per_class


def _last_of_frame(table: InstanceTable, label: int, videos: Sequence[str]) -> Points:
    """Points of a class as frames, the last of each, by recording and frame."""
    video = table.video_index_in(videos)
    rows = np.flatnonzero((table.labels == label) & (video >= 0))
    frames = (table.segments[rows].mean(axis=1) * SOCCERNET_RATE).astype(np.int64)
    frames = frames.clip(max=SOCCERNET_LAST)
    _, last = np.unique(np.stack([video[rows], frames], axis=1)[::-1], axis=0, return_index=True)
    last = len(rows) - 1 - last
    return Points(video[rows][last], frames[last].astype(np.float64), table.scores[rows][last])


def _shown(truth: Points, found: Points) -> np.ndarray:
    """Whether the true point that is nearest to each prediction is shown: bool (M,)."""
    shown = np.zeros(len(found.times), dtype=bool)
    for video in np.unique(truth.video):
        rows = np.flatnonzero(truth.video == video)
        frames = truth.times[rows]
        own = np.flatnonzero(found.video == video)
        middles = (frames[1:] + frames[:-1]) // 2
        shown[own] = truth.scores[rows][np.searchsorted(middles, found.times[own], "right")] > 0
    return shown
