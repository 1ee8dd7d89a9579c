"""Keypoints to features. T frames, K points, each as x, y and likelihood: C = 3 K channels."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from mmtal.datasets.features import FeatureArray
from mmtal.registry import TRANSFORMS

Pairs = Sequence[tuple[str, str]]


@TRANSFORMS.register_module()
@dataclass(eq=False)
class FillKeypoints:
    """Interpolate lost points; their likelihood becomes 1 where that can be relied on, else 0.

    Args:
        min_likelihood: Points with less are lost.
        max_loss: Frames up to which the loss of a point is bridged.
    """

    changes_grid = False
    _: KW_ONLY
    min_likelihood: float = 0.6
    max_loss: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.min_likelihood <= 1:
            raise ValueError(f"min_likelihood must be in (0, 1], but got {self.min_likelihood}")
        if self.max_loss < 0:
            raise ValueError(f"max_loss must be >= 0 frames, but got {self.max_loss}")

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        points = _points(results)  # (T, K, 3)
        frames = np.arange(len(points))
        for track in points.transpose(1, 0, 2):
            known = np.flatnonzero(track[:, 2] >= self.min_likelihood)
            track[:, 2] = 0
            if len(known):
                for axis in (0, 1):
                    track[:, axis] = np.interp(frames, known, track[known, axis])
                bounds = np.concatenate([[-1], known, [len(frames)]])
                losses = np.diff(bounds) - 1
                for index in np.flatnonzero(losses <= self.max_loss):
                    track[max(bounds[index], 0) : bounds[index + 1], 2] = 1
                track[known, 2] = 1
        results["feats"] = FeatureArray((points.reshape(len(points), -1),))
        return results


@TRANSFORMS.register_module()
@dataclass(eq=False)
class PoseFeatures:
    """What an animal does, whatever its place: positions, distances, angles, velocities.

    Channels come in this order. Where a point that is needed has the likelihood 0 (see
    :class:`FillKeypoints`), a channel has its mean. Velocities need the whole recording.

    Args:
        keypoints: Names of the points, in the order of the channels; those of several animals are
            called ``mouse_1.nose``.
        center: The point that all positions are counted from; None: from the picture's corner.
        front: The point that lies ahead of ``center``: positions and velocities are turned so that
            it lies on the x axis; None: they are not turned.
        positions: Whether positions are given, x and y of each point but ``center``.
        distances: Pairs of points, or ``all``.
        angles: Triples of points: cosine and sine of the angle at the second.
        velocities: Whether velocities are given, x and y of each point, per second.
    """

    changes_grid = False
    keypoints: Sequence[str]
    _: KW_ONLY
    center: str | None = None
    front: str | None = None
    positions: bool = True
    distances: Pairs | Literal["all"] = ()
    angles: Sequence[tuple[str, str, str]] = ()
    velocities: bool = True

    def __post_init__(self) -> None:
        if len(set(self.keypoints)) < len(self.keypoints) or not self.keypoints:
            raise ValueError(f"keypoints must have names of their own, but got {self.keypoints}")
        if self.front is not None and self.center is None:
            raise ValueError("front must be given with center")
        self._index = {name: index for index, name in enumerate(self.keypoints)}
        pairs = combinations(self.keypoints, 2) if self.distances == "all" else self.distances
        self._pairs = [tuple(map(self._number, pair)) for pair in pairs]
        self._triples = [tuple(map(self._number, triple)) for triple in self.angles]
        self._center, self._front = map(self._number, (self.center, self.front))

    def _number(self, name: str | None) -> int:
        """Of a point; -1: none is wanted."""
        if name is not None and name not in self._index:
            raise ValueError(f"'{name}' must be one of keypoints, but got {list(self.keypoints)}")
        return -1 if name is None else self._index[name]

    def num_outputs(self, num_channels: int) -> int:
        """How many channels it makes of so many; ValueError: they are not x, y, likelihood each."""
        number = len(self.keypoints)
        if num_channels != 3 * number:
            raise ValueError(
                f"PoseFeatures has {number} keypoints, which are {3 * number} channels, but the "
                f"recording has {num_channels}: name its points in keypoints"
            )
        places = 2 * (number - (self._center >= 0)) if self.positions else 0
        moves = 2 * number if self.velocities else 0
        return places + len(self._pairs) + 2 * len(self._triples) + moves

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        self.num_outputs(results["feats"].num_channels)
        points = _points(results)
        places, known = points[..., :2], points[..., 2] > 0
        rate = results["grid"].fps / results["grid"].feature_stride
        moves = np.gradient(places, axis=0) * rate if len(places) > 1 else np.zeros_like(places)
        seen = np.ones(len(points), bool)
        if self._center >= 0:
            places = places - places[:, [self._center]]
            seen = known[:, self._center]
        if self._front >= 0:
            seen = seen & known[:, self._front]
            turn = _turn(places[:, self._front])
            places, moves = places @ turn, moves @ turn
        made: list[tuple[np.ndarray, np.ndarray]] = []  # (T, n), and (T,) where they are known
        for index in range(len(self.keypoints)):
            if self.positions and index != self._center:
                made.append((places[:, index], known[:, index] & seen))
        for a, b in self._pairs:
            made.append((_length(places[:, a] - places[:, b])[:, None], known[:, a] & known[:, b]))
        for a, b, c in self._triples:
            angle = _angle(places[:, a] - places[:, b], places[:, c] - places[:, b])
            made.append((angle, known[:, a] & known[:, b] & known[:, c]))
        for index in range(len(self.keypoints) if self.velocities else 0):
            made.append((moves[:, index], known[:, index] & (seen if self._front >= 0 else True)))
        columns = [_masked(values, mask) for values, mask in made]
        results["feats"] = FeatureArray((np.concatenate(columns, axis=1).astype(np.float32),))
        return results


def _points(results: dict[str, Any]) -> np.ndarray:
    values = results["feats"].read()
    if values.shape[1] % 3:
        raise ValueError(
            f"recording '{results['video_id']}' must have x, y and likelihood of each point, but "
            f"has {values.shape[1]} channels"
        )
    return values.reshape(len(values), -1, 3)


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.hypot(vectors[..., 0], vectors[..., 1])


def _turn(front: np.ndarray) -> np.ndarray:
    """Matrices (T, 2, 2) that turn row vectors so that ``front`` (T, 2) lies on the x axis."""
    length = np.maximum(_length(front), 1e-9)
    cosine, sine = front[:, 0] / length, front[:, 1] / length
    return np.stack([np.stack([cosine, -sine], -1), np.stack([sine, cosine], -1)], -2)


def _angle(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosine and sine (T, 2) of the angle from one vector to another."""
    size = np.maximum(_length(first) * _length(second), 1e-9)
    cross = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    return np.stack([(first * second).sum(axis=1) / size, cross / size], axis=1)


def _masked(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    mean = values[known].mean(axis=0) if known.any() else 0.0
    return np.where(known[:, None], values, mean)
