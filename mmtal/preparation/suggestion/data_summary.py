"""Summary of a data set as a model sees it: lengths, durations and channels, in feature-grid steps.

R training recordings, N their instances, C channels.
"""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.annotation_file import AnnotationFile, read_database
from mmtal.datasets.extraction import places_of
from mmtal.datasets.feature_check import THREADS
from mmtal.datasets.feature_files import FileNames, find_file_names, list_feature_files
from mmtal.datasets.features import FeatureArray, open_features, read_shape
from mmtal.datasets.point_events import only_points
from mmtal.datasets.pose_files import point_names
from mmtal.datasets.sensor_tables import clock_rate
from mmtal.datasets.transforms.pose import FillKeypoints, PoseFeatures
from mmtal.preparation.judgment import Placement, choose_subsets, find_placement
from mmtal.preparation.verification.statistics import gaps_between
from mmtal.structures import FeatureGrid
from mmtal.utils.progress import progress

SAMPLED_RECORDINGS = 200
"""Recordings whose values are read for the statistics of the channels."""

SAMPLED_FEATURES = 2000
"""Features of each of them."""

MOST_JOINED = 8
"""Up to so many keypoints, the distances of all pairs are features."""


NARROWEST, WIDEST = 5, 20
"""Features of the segments that events are learned as: fewer are hardly seen, more are vague."""

WIDEST_SECONDS = 0.2
"""Where features are denser than that."""


@dataclass(frozen=True)
class DataSummary:
    """Figures of a data set, of its training data where not said otherwise.

    Attributes:
        ann_file: Annotation JSON.
        features: Feature folders.
        names: Of the feature files.
        feature_key: Of the array in files with named arrays; None: there is no choice.
        train_subset: Name in the file.
        test_subset: Name in the file.
        classes: Names by label.
        classes_given: Whether they are the user's.
        source_channels: Channels of each folder; of keypoints those of :attr:`pose`.
        placement: Where features lie in time.
        lengths: int (R,), features of each recording.
        durations: (N,), grid steps; of events those of segments of :attr:`point_width`.
        point_width: Seconds, see :func:`choose_point_width`; None: instances are segments.
        gap: Seconds between events of a class that one pair in ten undercuts; infinite: no pairs.
        crowding: Most instances of any recording, the test subset included.
        overlap: Share of the instances that overlap another of their class by at least half of the
            shorter one.
        mean: (C,) of each channel.
        std: (C,) of each channel.
        pose: What makes features of keypoints; None: they are none.
    """

    ann_file: Path
    features: tuple[Path, ...]
    names: FileNames
    feature_key: str | None
    train_subset: str
    test_subset: str
    classes: tuple[str, ...]
    classes_given: bool
    source_channels: tuple[int, ...]
    placement: Placement
    lengths: np.ndarray
    durations: np.ndarray
    crowding: int
    overlap: float
    mean: np.ndarray
    std: np.ndarray
    pose: PoseFeatures | None = None
    point_width: float | None = None
    gap: float = math.inf

    @property
    def grid(self) -> FeatureGrid:
        """A typical one."""
        return self.placement.grid


def summarize(
    ann_file: str | Path,
    *,
    features: Sequence[str | Path],
    feature_stride: float | None = None,
    snippet_frames: float | None = None,
    fps: float | None = None,
    subsets: Sequence[str] | None = None,
    feature_key: str | None = None,
    classes: Sequence[str] | None = None,
) -> DataSummary:
    """Measure a data set whose files are in order (see ``mmtal data verify``).

    Feature folders are joined over the channels. Stride and snippet, in frames, are as a folder's
    ``features.yaml`` says, else found from durations and numbers of features unless given; without
    ``fps``, here or in the annotations, features are taken as frames. ``subsets`` are those to
    train and to test on, else see :func:`choose_subsets`. ``classes`` are names by label, else the
    labels that occur.

    Raises:
        ValueError: The subsets or the place of the features in time cannot be found.
    """
    folders = tuple(Path(folder) for folder in features)
    given = places_of(folders, feature_stride, snippet_frames, fps)
    feature_stride, snippet_frames, fps = given
    FeatureGrid(*(1.0 if value is None else value for value in given))  # checks them
    annotations = AnnotationFile(ann_file)
    events = only_points(read_database(annotations.path)[0])
    if events:
        annotations = AnnotationFile(ann_file, points=True)
    present = [entry["subset"] for entry in annotations.database.values()]
    train, test = choose_subsets(present, *(subsets or ()), source=ann_file)
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
    both = {**entries, **test_entries}
    if not folders[0].is_dir():
        raise FileNotFoundError(f"feature folder '{folders[0]}' does not exist")
    names = find_file_names(list_feature_files(folders[0]), both)

    def paths(name: str) -> list[Path]:
        return [names.path(folder, name) for folder in folders]

    def rate(name: str) -> float | None:
        own = fps or both[name].get("fps")
        return own / (feature_stride or 1) if own else None

    def open_(name: str) -> FeatureArray:
        return open_features(paths(name), key=feature_key, rate=rate(name))

    shapes = _read_shapes({name: (paths(name), rate(name)) for name in both}, feature_key)
    placement = find_placement(
        both,
        shapes,
        open_features=open_,
        feature_stride=feature_stride,
        snippet_frames=snippet_frames,
        fps=fps,
        clock=clock_rate(paths(next(iter(both)))),
    )
    grids = {name: placement.of(entry, shapes[name][0]) for name, entry in entries.items()}
    segments = {
        name: np.array([a["segment"] for a in entry.get("annotations", ())]).reshape(-1, 2)
        * (grids[name].fps / grids[name].feature_stride)
        for name, entry in entries.items()
    }
    width, gap = None, math.inf
    if events:
        width, gap = choose_point_width(entries, placement.grid)
        half = width / 2 * placement.grid.fps / placement.grid.feature_stride
        segments = {name: own + (-half, half) for name, own in segments.items()}
    labels = {
        name: np.array([a["label"] for a in entry.get("annotations", ())], dtype=str)
        for name, entry in entries.items()
    }
    durations = np.concatenate([s[:, 1] - s[:, 0] for s in segments.values()])
    first = next(iter(entries))
    points = point_names(paths(first)[0], feature_key) if len(folders) == 1 else ()
    pose = (
        PoseFeatures(points, distances="all" if len(points) <= MOST_JOINED else ())
        if points
        else None
    )
    channels = shapes[first][1] if pose is None else (pose.num_outputs(shapes[first][1][0]),)

    def seen(name: str) -> FeatureArray:
        results: dict[str, Any] = dict(video_id=name, feats=open_(name), grid=grids[name])
        for transform in (FillKeypoints(), pose) if pose else ():
            results = transform(results)
        feats: FeatureArray = results["feats"]
        return feats

    mean, std = channel_statistics(list(entries), seen)
    return DataSummary(
        ann_file=annotations.path,
        features=folders,
        names=names,
        feature_key=feature_key,
        train_subset=train,
        test_subset=test,
        classes=tuple(annotations.class_names(classes)),
        classes_given=classes is not None,
        source_channels=channels,
        placement=placement,
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
        pose=pose,
        point_width=width,
        gap=gap,
    )


def choose_point_width(
    entries: Mapping[str, Mapping[str, Any]], grid: FeatureGrid
) -> tuple[float, float]:
    """Width of the segments that events are learned as, and the gap it is of; seconds.

    The gap is the time to the next event of a class that one event in ten undercuts. Half of it is
    the width, so that hardly any segments meet, within :data:`NARROWEST` and :data:`WIDEST`
    features or :data:`WIDEST_SECONDS`, whichever is longer.
    """
    step = grid.feature_stride / grid.fps
    gaps = [
        gap
        for entry in entries.values()
        for gap in gaps_between((i["time"], i["label"]) for i in entry.get("annotations", ()))
    ]
    gap = float(np.quantile(gaps, 0.1)) if gaps else math.inf
    width = max(NARROWEST * step, min(gap / 2, max(WIDEST * step, WIDEST_SECONDS)))
    return float(f"{width:.2g}"), gap


def channel_statistics(
    names: Sequence[str], open_: Callable[[str], FeatureArray]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel, float64 (C,), over a sample of the features."""
    chosen = np.linspace(0, len(names) - 1, min(len(names), SAMPLED_RECORDINGS)).round().astype(int)

    def moments(index: int) -> tuple[int, np.ndarray, np.ndarray]:
        feats = open_(names[index])
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
    files: Mapping[str, tuple[Sequence[Path], float | None]], key: str | None
) -> dict[str, tuple[int, tuple[int, ...]]]:
    def shape(name: str) -> tuple[int, tuple[int, ...]]:
        paths, rate = files[name]
        absent = next((path for path in paths if not os.path.isfile(path)), None)
        if absent is not None:
            raise FileNotFoundError(f"recording '{name}' has no feature file: expected {absent}")
        sizes = [read_shape(path, key=key, rate=rate, together=paths) for path in paths]
        return min(size[0] for size in sizes), tuple(size[1] for size in sizes)

    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(files, pool.map(shape, files), strict=True))


def _overlaps(segments: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) whether an instance overlaps another of its class by half of the shorter one."""
    start, end = segments.T
    common = np.minimum(end[:, None], end) - np.maximum(start[:, None], start)
    shorter = np.minimum((end - start)[:, None], end - start)
    near = (common >= 0.5 * np.maximum(shorter, 1e-9)) & (labels[:, None] == labels)
    np.fill_diagonal(near, False)
    return near.any(axis=1)
