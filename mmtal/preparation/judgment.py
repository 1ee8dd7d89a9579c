"""What data must have so that a model can be trained: two subsets, and places of features in time.

Verification, suggestion and ``mmtal run auto`` judge alike by it. T features of C channels.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mmtal.datasets.feature_check import DURATION_TOLERANCE, exchanged_axes
from mmtal.datasets.features import FeatureArray
from mmtal.structures import FeatureGrid

SPLIT = "split the recordings with 'mmtal data split'"
GIVE = "--feature-stride, --snippet-frames and --fps"

SAMPLED = 8, 1000
"""Recordings whose values tell features from channels, and how many of either."""

SNIPPET_STRIDES = 4
"""Snippets are so many strides long at most."""

CLOCKS = 0.002
"""Share by which frame rates and durations are rounded (29.97, 30)."""

UNCERTAIN = 0.1
"""Share within which a stride must lie to be known."""

CHANCE = 0.7
"""A whole number of frames between two features says nothing if it is likelier to occur."""

ALIKE = 0.1
"""Neighbors in time correlate by so much more than neighboring channels."""


def choose_subsets(
    present: Iterable[str], train: str | None = None, test: str | None = None, *, source: object
) -> tuple[str, str]:
    """Names of the subsets to train and to test on.

    Without a choice of the user's: ``training`` (or ``train``) and, of ``validation``, ``val``,
    ``test`` and ``testing``, the first that occurs; THUMOS14's ``validation`` and ``test``.

    Args:
        present: Those there are.
        train: The user's choice, if there is one.
        test: The user's choice, if there is one.
        source: For messages.

    Raises:
        ValueError: They cannot be found; the message lists those there are.
    """
    by_name: dict[str, str] = {}
    for name in present:
        by_name.setdefault(name.lower(), name)

    def pick(names: Sequence[str]) -> str | None:
        return next((by_name[name] for name in names if name in by_name), None)

    if not train:
        train = pick(("training", "train", "validation", "val"))
    if not test:
        names = ("validation", "val", "test", "testing")
        test = pick([name for name in names if train is None or name != train.lower()])
    for chosen in (train, test):
        if chosen is None or chosen.lower() not in by_name:
            absent = f" ('{chosen}' does not occur)" if chosen else ""
            raise ValueError(
                f"{source}: needs a subset to train on and one to test on{absent}, but has "
                f"{', '.join(map(repr, by_name.values())) or 'none'}. Name them with "
                f"--subset-names TRAIN TEST, or {SPLIT}"
            )
    assert train is not None and test is not None
    if train.lower() == test.lower():
        raise ValueError(
            f"{source}: '{train}' cannot be trained on and tested with: name two subsets, or "
            f"{SPLIT}"
        )
    return train, test


@dataclass(frozen=True)
class Placement:
    """Where the features of a data set lie in time.

    Attributes:
        grid: Of all recordings; its ``fps`` is that of the first one.
        own_fps: Whether each recording's own ``fps`` counts (else ``grid.fps`` does).
        inferred: Whether any of it was found from durations and numbers of features.
        resized: Whether all recordings were resized to one length: ``grid`` is a typical one.
    """

    grid: FeatureGrid
    own_fps: bool
    inferred: bool
    resized: bool = False

    def of(self, entry: Mapping[str, Any], length: int) -> FeatureGrid:
        """The grid of one recording of T features, from its ``fps`` and ``duration``."""
        fps = float(entry["fps"]) if self.own_fps else self.grid.fps
        if self.resized:
            return FeatureGrid.covering(length, duration=float(entry["duration"]), fps=fps)
        return replace(self.grid, fps=fps)


def find_placement(
    entries: Mapping[str, Mapping[str, Any]],
    shapes: Mapping[str, tuple[int, tuple[int, ...]]],
    *,
    open_features: Callable[[str], FeatureArray],
    feature_stride: float | None = None,
    snippet_frames: float | None = None,
    fps: float | None = None,
    clock: float | None = None,
) -> Placement:
    """Where the features lie in time, from durations and numbers of features.

    A recording of D frames has ``floor((D - snippet_frames) / feature_stride) + 1`` features, so
    the stride is the slope of D over the number of features, and the snippet what is left of D at
    its least.

    Args:
        entries: Recordings of the annotation JSON.
        shapes: Features, and channels of each source, of each of them.
        open_features: Opens those of one, to tell features from channels.
        feature_stride: Of the user, or None.
        snippet_frames: Of the user, or None.
        fps: Of the user, or None.
        clock: Samples per second of tables of sensors, by their clock; None: they have none.

    Raises:
        ValueError: Durations and numbers of features do not fit together, or the arrays seem to be
            (C, T).
    """
    if text := exchanged_axes(list(shapes.values())):
        raise ValueError(f"{text}: they seem to be (C, T). Save features.T, a row for each feature")
    own_fps = fps is None and all(entry.get("fps") for entry in entries.values())
    if clock is not None:  # samples, each of one frame
        feature_stride, snippet_frames = feature_stride or 1.0, snippet_frames or 1.0
        fps = fps if own_fps else fps or clock
    first, doubt = next(iter(entries.values())), ""
    rate = float(first["fps"]) if own_fps else fps
    timed = [name for name, entry in entries.items() if entry.get("duration")]
    if None not in (feature_stride, snippet_frames, rate):
        grid = FeatureGrid(feature_stride, snippet_frames, rate)  # type: ignore[arg-type]
        placement = Placement(grid, own_fps, inferred=False)
    elif not timed:
        raise ValueError(
            "no recording has a 'duration', so it is unknown where the features lie in time: add "
            f"durations (mmtal data import --durations), or give {GIVE}"
        )
    else:
        placement, doubt = _infer(
            entries, shapes, timed, feature_stride, snippet_frames, fps, own_fps
        )
    if feature_stride is None:
        _check_axes(shapes, placement, [entries[name] for name in timed], open_features)
    if doubt:
        raise ValueError(doubt)
    if not placement.resized:
        _check(placement, entries, {name: shapes[name][0] for name in timed})
    return placement


def _infer(
    entries: Mapping[str, Mapping[str, Any]],
    shapes: Mapping[str, tuple[int, tuple[int, ...]]],
    timed: Sequence[str],
    feature_stride: float | None,
    snippet_frames: float | None,
    fps: float | None,
    own_fps: bool,
) -> tuple[Placement, str]:
    """The placement, and what to ask if it is in doubt."""
    T = np.array([shapes[name][0] for name in timed], dtype=float)
    seconds = np.array([entries[name]["duration"] for name in timed], dtype=float)
    resized = (
        feature_stride is None
        and len(timed) == len(entries) > 2
        and np.ptp(T) == 0
        and seconds.max() > 1.2 * seconds.min()
    )
    if fps is None and not own_fps:
        # Without a frame rate, features are the frames.
        grid = FeatureGrid(1, 1, _tidy(float(np.median(T / seconds))))
        return Placement(grid, own_fps, inferred=True, resized=resized), ""
    frames = seconds * np.array([entries[n]["fps"] if own_fps else fps for n in timed], dtype=float)
    # A recording whose features are those of another one must not bend the rest.
    usual = np.abs(frames / T / np.median(frames / T) - 1) < 0.2
    rate = float(next(iter(entries.values()))["fps"]) if own_fps else float(fps or 1)
    if resized:
        feature_stride = float(np.median(frames / T))
    stride, doubt = feature_stride or 0.0, ""
    if feature_stride is None:
        stride, doubt = _find_stride(T[usual], frames[usual], rate)
    snippet = snippet_frames
    if snippet is None:
        # the snippet, and less than a stride beyond it
        left = frames[usual] - stride * (T[usual] - 1)
        least = float(np.quantile(left, 0.02))
        snippet = max(1.0, math.floor(least + 0.5))
        if stride >= 1 and max(snippet, least + 0.1 * (stride % 1 > 0)) > stride:
            snippet = float(stride * max(1, math.floor(snippet / stride + 0.1)))
    grid = FeatureGrid(_tidy(stride), _tidy(snippet), rate)
    return Placement(grid, own_fps, inferred=True, resized=resized), doubt


def _find_stride(lengths: np.ndarray, frames: np.ndarray, rate: float) -> tuple[float, str]:
    """A whole number of frames if one is possible, else a whole number of features per second.

    Also returned is what to ask if too much is possible.
    """
    rough = float(np.median(frames / lengths))
    # as snippets are up to 4 strides long
    low = float(np.median(frames / (lengths + SNIPPET_STRIDES - 0.5)))
    high = float(np.median(frames / np.maximum(lengths - 1, 0.5)))
    if len(lengths) >= 3 and np.ptp(lengths) > 0.1 * lengths.max():  # else the slope says little
        slope, start = np.polyfit(lengths, frames, 1)
        scatter = max(float(np.std(frames - slope * lengths - start)), slope / math.sqrt(12))
        error = 3 * scatter / (float(np.std(lengths)) * math.sqrt(len(lengths)))
        if abs(slope / rough - 1) < 0.2 and 2 * error < high - low:
            rough, low, high = float(slope), slope - error, slope + error
    low, high = min(low, rough * (1 - CLOCKS)), max(high, rough * (1 + CLOCKS))
    found = [float(round(rough)), rate / max(round(rate / rough), 1)]
    stride = next((stride for stride in found if low <= stride <= high and stride >= 1), rough)
    if high - low <= UNCERTAIN * rough or abs(found[0] / rough - 1) <= CLOCKS:
        return stride, ""
    return stride, (
        f"durations and numbers of features leave open how far features are apart: {low:.4g} to "
        f"{high:.4g} frames. Give {GIVE}, as they were extracted"
    )


def _check(
    placement: Placement, entries: Mapping[str, Mapping[str, Any]], lengths: Mapping[str, int]
) -> None:
    expected = {
        name: placement.of(entries[name], length).num_features(entries[name]["duration"])
        for name, length in lengths.items()
    }
    wrong = [
        name
        for name, length in lengths.items()
        if abs(length - expected[name]) > max(DURATION_TOLERANCE * expected[name], 2)
    ]
    if wrong:
        grid = placement.grid
        raise ValueError(
            f"durations and numbers of features do not fit together: with feature_stride="
            f"{grid.feature_stride:g}, snippet_frames={grid.snippet_frames:g}, {len(wrong)} of "
            f"{len(lengths)} recordings differ by more than 5 %, such as '{wrong[0]}' with "
            f"{lengths[wrong[0]]:.0f} features instead of {expected[wrong[0]]:.0f}. Correct the "
            f"durations or give {GIVE}"
        )


def _check_axes(
    shapes: Mapping[str, tuple[int, tuple[int, ...]]],
    placement: Placement,
    entries: Sequence[Mapping[str, Any]],
    open_features: Callable[[str], FeatureArray],
) -> None:
    """Ask whether arrays that all have one shape are (C, T)."""
    if len(shapes) < 2 or len(set(shapes.values())) > 1 or not entries:
        return
    length, channels = next(iter(shapes.values()))
    if min(length, channels[0]) < 3:
        return
    names = list(shapes)[:: math.ceil(len(shapes) / SAMPLED[0])]
    in_time, across = np.mean(
        [_likeness(np.asarray(open_features(name).sources[0])) for name in names], axis=0
    )
    duration = float(np.median([entry["duration"] for entry in entries]))
    frames = duration * placement.grid.fps
    short, short_if_turned = _short(entries, [duration / length, duration / channels[0]])
    if across > in_time + ALIKE:
        reason = (
            f"neighbors along the second axis are alike (correlation {across:.2f}), along the "
            f"first they are not ({in_time:.2f})"
        )
    elif (
        in_time <= across + ALIKE
        and not placement.resized
        and (placement.own_fps or placement.grid.feature_stride != 1)
        and not _whole_strides(frames, length)
        and _whole_strides(frames, channels[0])
        and 4 * frames / channels[0] ** 2 < CHANCE
    ):
        reason = (
            f"{length} features would be {frames / length:.4g} frames apart, {channels[0]} of them "
            f"{round(frames / channels[0])}"
        )
    elif in_time <= across + ALIKE and short > 0.5 and short_if_turned < 0.1:
        reason = (
            f"{short:.0%} of the instances would be shorter than one of {length} features, of "
            f"{channels[0]} {short_if_turned:.0%}"
        )
    else:
        return
    grid = placement.grid
    raise ValueError(
        f"all recordings hold {length} x {channels[0]} values. Are they (C, T)? {reason}. Save "
        f"features.T if so; if they are (T, C), say so with --feature-stride "
        f"{grid.feature_stride:g} --snippet-frames {grid.snippet_frames:g}"
    )


def _short(entries: Sequence[Mapping[str, Any]], seconds: Sequence[float]) -> list[float]:
    """The share of the instances that are shorter than so many seconds."""
    instances = [i for entry in entries for i in entry.get("annotations") or ()]
    lengths = [i["segment"][1] - i["segment"][0] for i in instances if "segment" in i] or [math.inf]
    return [float(np.mean(np.less(lengths, limit))) for limit in seconds]


def _likeness(values: np.ndarray) -> tuple[float, float]:
    """Correlation of neighbors along either axis."""
    array = np.asarray(values[: SAMPLED[1], : SAMPLED[1]], dtype=np.float64)
    found = []
    for part in (array, array.T):
        centered = part - part.mean(axis=0)
        centered /= np.maximum(centered.std(axis=0), 1e-12)
        # the mean of few values is near each of them
        found.append(float((centered[1:] * centered[:-1]).mean()) + 1 / len(part))
    return found[0], found[1]


def _whole_strides(frames: float, length: int) -> int:
    """Whole numbers of frames that so many features can be apart."""
    # half a stride more: durations are rounded
    return math.ceil(frames / (length - 1)) - math.ceil(frames / (length + SNIPPET_STRIDES - 0.5))


def _tidy(value: float) -> float:
    """A whole number where it is one, else four digits."""
    return float(round(value)) if abs(value - round(value)) < 0.01 else float(f"{value:.4g}")
