"""Figures that describe a data set: by split, by class, and as a model sees it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mmtal.preparation.verification.feature_checks import fit_lengths
from mmtal.preparation.verification.reach import SplitReach
from mmtal.preparation.verification.recording import Recording
from mmtal.preparation.verification.settings import ModelSetting

PERCENTILES = (5, 25, 50, 75, 95)


def describe(
    recordings: Sequence[Recording],
    classes: Sequence[str],
    *,
    reach: Mapping[str, SplitReach],
    model: ModelSetting,
    channels: Sequence[int],
) -> dict[str, Any]:
    """All figures, as JSON can hold them; shares in [0, 1], times in seconds unless they say hours.

    Reversed, empty and outside instances do not count.
    """
    by_split: dict[str, list[Recording]] = defaultdict(list)
    for recording in recordings:
        by_split[recording.split].append(recording)
    ranges = getattr(model.assigner, "regression_ranges", None)
    return {
        "splits": {
            group[0].subset: _split(group, reach.get(split), model)
            for split, group in by_split.items()
        },
        "classes": _classes(by_split, classes),
        "features": {
            "channels": list(channels),
            "recordings_read": sum(bool(recording.scans) for recording in recordings),
            "fit": _fit(recordings),
        },
        "model": {
            "max_seq_len": model.max_seq_len,
            "level_strides": list(model.level_strides),
            "regression_ranges": ranges and [list(map(float, r)) for r in ranges],
            "center_radius": getattr(model.assigner, "center_radius", None),
        },
    }


def _split(
    recordings: Sequence[Recording], reach: SplitReach | None, model: ModelSetting
) -> dict[str, Any]:
    total = annotated = overlapping = 0.0
    simultaneous = 0
    lengths, gaps = [], []
    instances = 0
    for recording in recordings:
        instances += len(recording.good)
        gaps += gaps_between((i.start, i.label) for i in recording.good if i.point)
        good = [instance for instance in recording.good if not instance.point]
        lengths += [instance.end - instance.start for instance in good]
        covered, twice, most = cover(np.array([(i.start, i.end) for i in good]).reshape(-1, 2))
        simultaneous = max(simultaneous, most)
        if recording.duration is not None:
            total += recording.duration
            annotated += covered
            overlapping += twice
    events = instances > len(lengths)  # which take no time
    found: dict[str, Any] = {
        "recordings": len(recordings),
        "without_duration": sum(recording.duration is None for recording in recordings),
        "without_instances": sum(not recording.instances for recording in recordings),
        "hours": total / 3600,
        "instances": instances,
        "durations": spread(lengths),
        "event_gaps": spread(gaps),
        "recording_durations": spread([r.duration for r in recordings if r.duration is not None]),
        "instances_per_recording": spread([len(r.good) for r in recordings]),
        "background_share": 1 - annotated / total if total and not events else None,
        "overlap_share": overlapping / total if total and not events else None,
        "max_simultaneous": None if events else simultaneous,
    }
    if reach is not None and reach.lengths:
        found["sequence_lengths"] = spread(reach.lengths)
        if model.max_seq_len:
            found["truncation"] = {
                "recordings": reach.too_long_recordings,
                "dropped_share": _share(reach.dropped, reach.trained_on),
                "clipped_share": _share(reach.clipped, reach.trained_on),
                "longer_than_max": reach.too_long,
            }
        if model.assigner is not None:
            found["reach"] = {
                "instances": reach.instances,
                "unreachable": reach.unreachable,
                "unreachable_share": _share(reach.unreachable, reach.instances),
                "lost_in_competition": reach.lost,
                "lost_share": _share(reach.lost, reach.instances),
                "per_level": reach.per_level,
            }
    return found


def gaps_between(events: Iterable[tuple[float, str]]) -> list[float]:
    """Seconds from each event (time, label) of a recording to the next of its class."""
    times: dict[str, list[float]] = defaultdict(list)
    for time, label in sorted(events):
        times[label].append(time)
    return [later - time for own in times.values() for time, later in pairwise(own)]


def cover(segments: np.ndarray) -> tuple[float, float, int]:
    """How long at least one segment (N, 2) lasts, how long at least two do, and the most at once.

    Segments that touch do not overlap.
    """
    if not len(segments):
        return 0.0, 0.0, 0
    times = segments.reshape(-1)
    steps = np.tile([1, -1], len(segments))
    order = np.lexsort((steps, times))  # ends before starts
    times, depth = times[order], np.cumsum(steps[order])
    spans = np.diff(times)
    return (
        float(spans[depth[:-1] >= 1].sum()),
        float(spans[depth[:-1] >= 2].sum()),
        int(depth.max()),
    )


def spread(values: Sequence[float]) -> dict[str, float] | None:
    """Least, greatest, mean and percentiles; None of nothing."""
    if not len(values):
        return None
    array = np.asarray(values, dtype=np.float64)
    found = {"min": array.min(), "mean": array.mean(), "max": array.max()}
    found |= dict(
        zip((f"p{p}" for p in PERCENTILES), np.percentile(array, PERCENTILES), strict=True)
    )
    return {name: float(value) for name, value in found.items()}


def _classes(
    by_split: Mapping[str, Sequence[Recording]], classes: Sequence[str]
) -> dict[str, dict[str, Any]]:
    lengths: dict[str, dict[str, list[float]]] = {name: {} for name in classes}
    for group in by_split.values():
        split = group[0].subset
        for own in lengths.values():
            own[split] = []
        for recording in group:
            for instance in recording.good:
                if instance.label in lengths:
                    lengths[instance.label][split].append(instance.end - instance.start)
    points = {i.label for group in by_split.values() for r in group for i in r.good if i.point}
    return {
        name: {
            split: {
                "instances": len(found),
                "seconds": sum(found),
                "durations": None if name in points else spread(found),
            }
            for split, found in own.items()
        }
        for name, own in lengths.items()
    }


def _fit(recordings: Sequence[Recording]) -> dict[str, Any] | None:
    """Feature stride that the lengths of the files tell, where it is not given."""
    usable = [
        r
        for r in recordings
        if r.length and r.duration is not None and r.setting.feature_stride is None
    ]
    fit = fit_lengths(usable) if usable else None
    if fit is None:
        return None
    unit = "frames" if all(recording.fps for recording in usable) else "seconds"
    return {"unit": unit, "feature_stride": 1 / fit[0], "features_at_zero": fit[1]}


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
