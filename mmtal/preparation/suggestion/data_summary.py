"""Summary of a data set as a model sees it: lengths, durations and channels, in feature-grid steps.

R training recordings, N their instances, C channels.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.datasets.feature_check import DURATION_TOLERANCE, THREADS
from mmtal.datasets.features import open_features, read_shape
from mmtal.structures import FeatureGrid
from mmtal.utils.progress import progress

SAMPLED_RECORDINGS = 200
"""Recordings whose values are read for the statistics of the channels."""

SAMPLED_FEATURES = 2000
"""Features of each of them."""


@dataclass(frozen=True)
class DataSummary:
    """Figures of a data set, of its training data where not said otherwise.

    Attributes:
        ann_file: Annotation JSON.
        features: Feature folders.
        file_ext: Ending of the feature files.
        train_subset: Name in the file.
        test_subset: Name in the file.
        classes: Names by label.
        source_channels: Channels of each folder.
        grid: Where features lie in time; its ``fps`` is that of the first recording.
        fps_of_recordings: Whether each recording's own ``fps`` counts (else ``grid.fps`` does).
        grid_is_inferred: Whether stride and snippet come from the data, not from the user.
        lengths: int (R,), features of each recording.
        durations: (N,), grid steps.
        crowding: Most instances of any recording, the test subset included.
        overlap: Share of the instances that overlap another of their class by at least half of the
            shorter one.
        mean: (C,) of each channel.
        std: (C,) of each channel.
    """

    ann_file: Path
    features: tuple[Path, ...]
    file_ext: str
    train_subset: str
    test_subset: str
    classes: tuple[str, ...]
    source_channels: tuple[int, ...]
    grid: FeatureGrid
    fps_of_recordings: bool
    grid_is_inferred: bool
    lengths: np.ndarray
    durations: np.ndarray
    crowding: int
    overlap: float
    mean: np.ndarray
    std: np.ndarray


def summarize(
    ann_file: str | Path,
    *,
    features: Sequence[str | Path],
    feature_stride: float | None = None,
    snippet_frames: float | None = None,
    fps: float | None = None,
    train_subset: str | None = None,
    test_subset: str | None = None,
) -> DataSummary:
    """Measure a data set whose files are in order (see ``mmtal data verify``).

    Feature folders are joined over the channels. Stride and snippet, in frames, are found from
    durations and numbers of features unless given; without ``fps``, here or in the annotations,
    features are taken as frames. See :func:`choose_subsets`.

    Raises:
        ValueError: The subsets or the place of the features in time cannot be found.
    """
    given = (feature_stride, snippet_frames, fps)
    FeatureGrid(*(1.0 if value is None else value for value in given))  # checks them
    annotations = AnnotationFile(ann_file)
    train, test = choose_subsets(annotations, train_subset, test_subset)
    folders = tuple(Path(folder) for folder in features)
    entries = annotations.recordings(train)
    test_entries = annotations.recordings(test)
    for subset, group, purpose in (
        (train, entries, "learn from"),
        (test, test_entries, "test with"),
    ):
        if not any(entry.get("annotations") for entry in group.values()):
            raise ValueError(
                f"{ann_file}: subset '{subset}' has no instance to {purpose}: annotate it, or "
                "split the recordings with 'mmtal data split'"
            )
    ext = find_extension(folders[0], next(iter(entries)))
    shapes = _read_shapes([*entries, *test_entries], folders, ext)
    grid, from_file, inferred = find_grid(
        {**entries, **test_entries},
        {name: length for name, (length, _) in shapes.items()},
        feature_stride=feature_stride,
        snippet_frames=snippet_frames,
        fps=fps,
    )
    classes = annotations.class_names(None)
    segments = {
        name: np.array([a["segment"] for a in entry.get("annotations", ())]).reshape(-1, 2)
        * ((entry["fps"] if from_file else grid.fps) / grid.feature_stride)
        for name, entry in entries.items()
    }
    labels = {
        name: np.array([a["label"] for a in entry.get("annotations", ())], dtype=str)
        for name, entry in entries.items()
    }
    durations = np.concatenate([s[:, 1] - s[:, 0] for s in segments.values()])
    mean, std = channel_statistics(list(entries), folders, ext)
    return DataSummary(
        ann_file=annotations.path,
        features=folders,
        file_ext=ext,
        train_subset=train,
        test_subset=test,
        classes=tuple(classes),
        source_channels=shapes[next(iter(entries))][1],
        grid=grid,
        fps_of_recordings=from_file,
        grid_is_inferred=inferred,
        lengths=np.array([shapes[name][0] for name in entries]),
        durations=durations,
        crowding=max(
            len(e.get("annotations", ())) for e in (*entries.values(), *test_entries.values())
        ),
        overlap=float(
            np.concatenate([_overlaps(segments[name], labels[name]) for name in entries]).mean()
        ),
        mean=mean,
        std=std,
    )


def choose_subsets(
    annotations: AnnotationFile, train: str | None = None, test: str | None = None
) -> tuple[str, str]:
    """Names of the subsets to train and to test on.

    Without a choice of the user's: ``training`` (or ``train``) and, of ``validation``, ``val``,
    ``test`` and ``testing``, the first that occurs; THUMOS14's ``validation`` and ``test``.
    ValueError: they cannot be found; the message lists those there are.
    """
    present: dict[str, str] = {}
    for entry in annotations.database.values():
        present.setdefault(entry["subset"].lower(), entry["subset"])

    def pick(names: Sequence[str]) -> str | None:
        return next((present[name] for name in names if name in present), None)

    if train is None:
        train = pick(("training", "train", "validation", "val"))
    if test is None:
        names = ("validation", "val", "test", "testing")
        test = pick([name for name in names if train is None or name != train.lower()])
    for name in (train, test):
        if name is None or name.lower() not in present:
            absent = f" ('{name}' does not occur)" if name else ""
            raise ValueError(
                f"{annotations.path}: needs a subset to train on and one to test on{absent}, but "
                f"has {', '.join(map(repr, present.values())) or 'none'}. Name them with "
                "--train-subset and --test-subset of mmtal data suggest, or split the "
                "recordings with 'mmtal data split'"
            )
    assert train is not None and test is not None
    if train.lower() == test.lower():
        raise ValueError(
            f"{annotations.path}: '{train}' cannot be trained on and tested with: name two "
            "subsets, or split the recordings with 'mmtal data split'"
        )
    return train, test


def find_extension(folder: Path, video_id: str) -> str:
    """Ending of the feature file of a recording; FileNotFoundError: there is none."""
    for ext in (".npy", ".npz", ".pt"):
        if (folder / f"{video_id}{ext}").is_file():
            return ext
    raise FileNotFoundError(
        f"recording '{video_id}' has no feature file: expected {folder / video_id}.npy, .npz or .pt"
    )


def find_grid(
    entries: dict[str, dict[str, Any]],
    lengths: dict[str, int],
    *,
    feature_stride: float | None,
    snippet_frames: float | None,
    fps: float | None,
) -> tuple[FeatureGrid, bool, bool]:
    """Where the features lie in time, from durations and numbers of features.

    A recording of D frames has ``floor((D - snippet_frames) / feature_stride) + 1`` features, so
    the stride is the slope of D over the number of features, and the snippet what is left of D at
    its least. What the user says counts.

    Returns:
        The grid, whether recordings have an ``fps`` of their own, whether anything was inferred.

    Raises:
        ValueError: Durations and numbers of features do not fit together.
    """
    own_fps = fps is None and all(entry.get("fps") for entry in entries.values())
    timed = [name for name, entry in entries.items() if entry.get("duration")]
    if not timed:
        if fps is None or feature_stride is None or snippet_frames is None:
            raise ValueError(
                "no recording has a 'duration', so it is unknown where the features lie in "
                "time: add durations (mmtal data import --durations), or give "
                "mmtal data suggest --feature-stride, --snippet-frames and --fps"
            )
        return FeatureGrid(feature_stride, snippet_frames, fps), False, False
    T = np.array([lengths[name] for name in timed], dtype=float)
    seconds = np.array([entries[name]["duration"] for name in timed])
    if fps is None and not own_fps:
        # Without a frame rate, features are the frames.
        rate = float(np.median(T / seconds))
        grid = FeatureGrid(feature_stride=1, snippet_frames=1, fps=_tidy(rate))
        return _checked(grid, T, seconds * grid.fps, timed), False, True
    rates = [entries[name]["fps"] if own_fps else fps for name in timed]
    frames = seconds * np.array(rates, dtype=float)
    # A recording whose features are those of another one must not bend the rest.
    usual = np.abs(frames / T / np.median(frames / T) - 1) < 0.2
    stride = feature_stride or _find_stride(T[usual], frames[usual])
    snippet = snippet_frames
    if snippet is None:
        # the snippet, and less than a stride beyond it
        left = frames[usual] - stride * (T[usual] - 1)
        snippet = max(1.0, float(np.floor(np.quantile(left, 0.02) + 0.5)))
        if stride >= 1 and snippet > stride:
            snippet = float(stride * max(1, math.floor(snippet / stride + 0.1)))
    first = next(iter(entries.values()))
    rate = float(first["fps"]) if own_fps else float(fps or 1)
    grid = FeatureGrid(feature_stride=_tidy(stride), snippet_frames=_tidy(snippet), fps=rate)
    _checked(grid, T, frames, timed)
    return grid, own_fps, feature_stride is None or snippet_frames is None


def _find_stride(lengths: np.ndarray, frames: np.ndarray) -> float:
    rough = float(np.median(frames / lengths))
    if len(lengths) >= 3 and np.ptp(lengths) > 0.1 * lengths.max():  # else the slope says little
        slope = float(np.polyfit(lengths, frames, 1)[0])
        if abs(slope / rough - 1) < 0.2:
            rough = slope
    whole = max(1.0, float(round(rough)))
    return whole if abs(rough / whole - 1) < DURATION_TOLERANCE else rough


def _checked(
    grid: FeatureGrid, lengths: np.ndarray, frames: np.ndarray, names: Sequence[str]
) -> FeatureGrid:
    expected = (frames - grid.snippet_frames) / grid.feature_stride + 1
    slack = np.maximum(DURATION_TOLERANCE * expected, 2)
    wrong = np.flatnonzero(np.abs(lengths - expected) > slack)
    if len(wrong):
        name = names[wrong[0]]
        raise ValueError(
            f"durations and numbers of features do not fit together: with feature_stride="
            f"{grid.feature_stride:g}, snippet_frames={grid.snippet_frames:g}, {len(wrong)} of "
            f"{len(names)} recordings differ by more than 5 %, such as '{name}' with "
            f"{lengths[wrong[0]]:.0f} features instead of {expected[wrong[0]]:.0f}. Correct the "
            "durations or give --feature-stride, --snippet-frames and --fps"
        )
    return grid


def channel_statistics(
    names: Sequence[str], folders: Sequence[Path], ext: str
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel, float64 (C,), over a sample of the features."""
    chosen = np.linspace(0, len(names) - 1, min(len(names), SAMPLED_RECORDINGS)).round().astype(int)

    def moments(index: int) -> tuple[int, np.ndarray, np.ndarray]:
        feats = open_features([folder / f"{names[index]}{ext}" for folder in folders])
        step = max(1, len(feats) // SAMPLED_FEATURES)
        values = feats[::step].read().astype(np.float64)
        return len(values), values.sum(axis=0), np.square(values).sum(axis=0)

    with ThreadPoolExecutor(THREADS) as pool:
        parts = progress(pool.map(moments, chosen), len(chosen), text="reading features")
        counts, sums, squares = zip(*parts, strict=True)
    mean = np.sum(sums, axis=0) / sum(counts)
    variance = np.sum(squares, axis=0) / sum(counts) - mean**2
    return mean, np.sqrt(np.maximum(variance, 0))


def _read_shapes(
    names: Sequence[str], folders: Sequence[Path], ext: str
) -> dict[str, tuple[int, tuple[int, ...]]]:
    def shape(name: str) -> tuple[int, tuple[int, ...]]:
        sizes = [read_shape(folder / f"{name}{ext}") for folder in folders]
        return min(size[0] for size in sizes), tuple(size[1] for size in sizes)

    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(names, pool.map(shape, names), strict=True))


def _overlaps(segments: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) whether an instance overlaps another of its class by half of the shorter one."""
    start, end = segments.T
    common = np.minimum(end[:, None], end) - np.maximum(start[:, None], start)
    shorter = np.minimum((end - start)[:, None], end - start)
    near = (common >= 0.5 * np.maximum(shorter, 1e-9)) & (labels[:, None] == labels)
    np.fill_diagonal(near, False)
    return near.any(axis=1)


def _tidy(value: float) -> float:
    """A whole number where it is one, else four digits."""
    return float(round(value)) if abs(value - round(value)) < 0.01 else float(f"{value:.4g}")
