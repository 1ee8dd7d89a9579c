"""Compute which instances a model's points reach, and what truncation cuts.

Both are found by running the model's own assigner and the pipeline's own transforms, on grids
without features.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from mmtal.datasets.features import FeatureArray
from mmtal.preparation.verification.findings import Findings
from mmtal.preparation.verification.recording import Recording
from mmtal.preparation.verification.settings import ModelSetting
from mmtal.structures import FeatureGrid, Points
from mmtal.structures.contracts import CropTransform, WindowTransform
from mmtal.utils.progress import progress

CELLS = 1 << 20
"""Pairs of point and instance to look at in one piece; bounds the memory."""

WINDOWS = 16, 20_000
"""Random windows by which the loss through truncation is estimated: the most of a recording, and
about how many of all."""

LONGEST_TRIAL = 1 << 14
"""Features of a recording of zeros, by which the pipeline's channels are found."""


@dataclass
class SplitReach:
    """Sums over the recordings of one split.

    Attributes:
        instances: That are usable and were looked at.
        unreachable: No point of any level would be positive for them, even if they were alone.
        lost: Points would be, but all of them predict other, shorter instances.
        per_level: Instances for which a level has positive points, competition included.
        lengths: Length of each sequence that the model sees, in features.
        too_long_recordings: That are longer than the longest sequence.
        trained_on: Instances of recordings that are truncated where they are too long.
        dropped: Expected number of these that a random window drops.
        clipped: Expected number of these that it keeps in part.
        too_long: Instances that are longer than the longest sequence.
    """

    instances: int = 0
    unreachable: int = 0
    lost: int = 0
    per_level: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    too_long_recordings: int = 0
    trained_on: int = 0
    dropped: float = 0.0
    clipped: float = 0.0
    too_long: int = 0


def model_view(recording: Recording) -> tuple[FeatureGrid, int, np.ndarray] | None:
    """Grid, number of features and segments (N, 2) s that a recording has after its pipeline.

    None where stride, snippet, frame rate or length are not known; ValueError: a transform refuses
    the recording.
    """
    grid, length = recording.grid, recording.length
    if grid and not length and recording.duration is not None and not recording.setting.folders:
        length = max(0, math.floor(grid.num_features(recording.duration)))
    if grid is None or not length:
        return None
    results = _results(recording, grid, length)
    for transform in recording.setting.transforms:
        results = transform(results)
    return results["grid"], len(results["feats"]), results["segments"]


def channels_after(recording: Recording) -> int:
    """Channels that the pipeline makes of those in a recording's files."""
    given = sum(recording.channels)
    grid = recording.grid
    if grid is None or not recording.length:
        return given
    length = min(recording.length, LONGEST_TRIAL)
    results = _results(recording, grid, length, recording.channels)
    try:
        for transform in recording.setting.steps:
            if not getattr(transform, "needs_statistics", False):  # which change no channels
                results = transform(results)
    except ValueError:
        return given
    return results["feats"].num_channels


def _results(
    recording: Recording, grid: FeatureGrid, length: int, channels: Sequence[int] = (1,)
) -> dict[str, Any]:
    segments = recording.learned
    return {
        "video_id": recording.video_id,
        "duration": recording.extent,
        "grid": grid,
        "feats": _no_features(length, channels),
        "segments": segments,
        "labels": np.arange(len(segments)),
        "rng": np.random.default_rng(0),
    }


def _no_features(length: int, channels: Sequence[int] = (1,)) -> FeatureArray:
    """Zeros that take no memory."""
    return FeatureArray(tuple(np.broadcast_to(np.float32(0), (length, c)) for c in channels))


def check_reach(
    recordings: Sequence[Recording], model: ModelSetting, findings: Findings
) -> dict[str, SplitReach]:
    """Look at every recording as the model does; sums by split.

    Recordings that the pipeline refuses and instances out of reach are findings; without levels
    and assigner nothing is said of reach.
    """
    sums: dict[str, SplitReach] = {}
    points = model.points if model.assigner else None
    windows = max(1, min(WINDOWS[0], WINDOWS[1] // max(1, len(recordings))))
    for recording in progress(recordings, len(recordings), text="checking instances"):
        total = sums.setdefault(
            recording.split, SplitReach(per_level=[0] * len(model.level_strides))
        )
        try:
            view = model_view(recording)
        except ValueError as error:
            findings.report("too short for the window", str(error), of=recording)
            continue
        if view is None:
            continue
        grid, length, segments = view
        total.lengths.append(length)
        total.instances += len(segments)
        if model.max_seq_len:
            seconds = segments[:, 1] - segments[:, 0]
            longest = model.max_seq_len * grid.feature_stride / grid.fps
            total.too_long += int((seconds > longest).sum())
            total.too_long_recordings += length > model.max_seq_len
        truncate = recording.setting.truncate
        if truncate is not None:
            total.trained_on += len(segments)
            if length > truncate.max_len and len(segments):
                dropped, clipped = expected_loss(truncate, grid, length, segments, windows)
                total.dropped += dropped
                total.clipped += clipped
        if points is not None and len(segments):
            _add_reach(recording, grid, length, segments, points, model, total, findings)
    return sums


def expected_loss(
    truncate: CropTransform, grid: FeatureGrid, length: int, segments: np.ndarray, windows: int
) -> tuple[float, float]:
    """Instances that random windows of a recording drop, and those that they clip, on average.

    Where all windows are trained on, those that all of them drop, or clip or drop.
    """
    random = np.random.default_rng([length, len(segments)])
    feats, labels = _no_features(length), np.arange(len(segments))
    if isinstance(truncate, WindowTransform):
        given = dict(feats=feats, grid=grid, segments=segments)
        views = [truncate.keep(given, start) for start in truncate.starts(length)]
        kept = np.stack([belong for _, belong in views])  # (W, N)
        whole = np.stack([(inside == segments).all(axis=1) for inside, _ in views]) & kept
        return float((~kept.any(0)).sum()), float((kept.any(0) & ~whole.any(0)).sum())
    dropped = clipped = 0
    for _ in range(windows):
        results = truncate(
            dict(feats=feats, grid=grid, rng=random, segments=segments, labels=labels)
        )
        kept = results["labels"]
        dropped += len(segments) - len(kept)
        clipped += int((results["segments"] != segments[kept]).any(axis=1).sum())
    return dropped / windows, clipped / windows


def _add_reach(
    recording: Recording,
    grid: FeatureGrid,
    length: int,
    segments: np.ndarray,
    generator: Callable[..., Points],
    model: ModelSetting,
    total: SplitReach,
    findings: Findings,
) -> None:
    strides = model.level_strides
    points = generator([-(-length // stride) for stride in strides])
    eligible, owned = coverage(points, torch.from_numpy(grid.to_grid(segments)), model)
    total.unreachable += int((~eligible).sum())
    total.lost += int((eligible & ~owned.any(axis=0)).sum())
    for level in range(len(strides)):
        total.per_level[level] += int(owned[level].sum())
    for index in np.flatnonzero(~eligible):
        start, end = segments[index]
        findings.report(
            "instance out of reach",
            f"[{start:g}, {end:g}] s, {(end - start) * grid.fps / grid.feature_stride:.3g} "
            f"features long: no point of the {len(strides)} levels is positive for it",
            of=recording,
        )


def coverage(
    points: Points, segments: torch.Tensor, model: ModelSetting
) -> tuple[np.ndarray, np.ndarray]:
    """Which instances, (N, 2) in grid units, points would be positive for, and on which levels.

    Returned are bool (N,): some point would be, if the instance were alone; and bool (L, N): some
    point of the level is, in competition with the others.
    """
    if model.assigner is None:
        raise ValueError("coverage needs a model with an assigner, but got none")
    number = len(segments)
    eligible = np.zeros(number, dtype=bool)
    owned = np.zeros((len(model.level_strides), number), dtype=bool)
    rows = max(1, CELLS // number)
    for first in range(0, len(points.positions), rows):
        part = Points(
            points.positions[first : first + rows],
            points.level_strides[first : first + rows],
            points.levels[first : first + rows],
        )
        could, does = (mask.numpy() for mask in model.assigner.coverage(part, segments))
        eligible |= could.any(axis=0)
        levels, starts = np.unique(part.levels.numpy(), return_index=True)  # finest level first
        owned[levels] |= np.logical_or.reduceat(does, starts, axis=0)
    return eligible, owned
