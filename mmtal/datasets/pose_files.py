"""Files of pose trackers: DeepLabCut, Lightning Pose, SLEAP.

T frames, K points of all animals.
"""

import csv
import functools
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets.lazy_rows import missing_library
from mmtal.utils.files import write_text
from mmtal.utils.reading import check_expansion, decode_text, unpack_gzip

SLEAP = "track", "frame_idx"
"""How the first line of SLEAP's tables begins; that of DeepLabCut's begins with ``scorer``."""


@dataclass(frozen=True, eq=False)
class Pose:
    """The tracks in a file.

    Attributes:
        names: Of the points: ``nose``, or ``mouse_1.nose`` where there are several animals.
        animals: Their names; one at least.
        values: float32 (T, K, 3): x, y (pixels) and likelihood; zeros where a point is lost.
    """

    names: tuple[str, ...]
    animals: tuple[str, ...]
    values: np.ndarray

    def channels(self, animal: str | None = None) -> np.ndarray:
        """The points side by side, (T, 3 K), of all animals or of one.

        ValueError: there is no such animal.
        """
        values, number = self.values, len(self.animals)
        if animal is not None:
            if animal not in self.animals:
                raise ValueError(f"has no animal '{animal}' (feature_key), only {self.animals}")
            each = len(self.names) // number
            first = self.animals.index(animal) * each
            values = values[:, first : first + each]
        return values.reshape(len(values), -1)


def point_names(path: Path, animal: str | None = None) -> tuple[str, ...]:
    """Names of the points of all animals or of one, in the order of :meth:`Pose.channels`.

    Empty: the file is of no pose tracker.
    """
    if not is_pose(path):
        return ()
    names = read_pose(path).names
    return tuple(name for name in names if animal is None or name.startswith(f"{animal}."))


def split_animals(path: Path, folder: Path) -> list[Path]:
    """Write each animal of a file of poses as a recording of its own, ``FILE.ANIMAL.csv``.

    Args:
        path: Of DeepLabCut or SLEAP.
        folder: Gets the files, in DeepLabCut's form.

    Returns:
        The files.

    Raises:
        ValueError: It is no file of poses, or is damaged.
    """
    if not is_pose(path):
        raise ValueError(f"{path}: must be a file of DeepLabCut or SLEAP")
    pose, files = read_pose(path), []
    for animal in pose.animals:
        values = pose.channels(animal)
        number = values.shape[1] // 3
        own = [name.removeprefix(f"{pose.animals[0]}.") for name in pose.names[:number]]
        heads = [
            ["scorer", *["mmtal"] * values.shape[1]],
            ["bodyparts", *(name for name in own for _ in range(3))],
            ["coords", *["x", "y", "likelihood"] * len(own)],
        ]
        rows = [[str(k), *map("{:.6g}".format, row)] for k, row in enumerate(values)]
        files.append(folder / f"{path.stem}{'.' * bool(animal)}{animal}.csv")
        write_text(files[-1], "".join(",".join(line) + "\n" for line in [*heads, *rows]))
    return files


def is_pose(path: Path) -> bool:
    """Whether a file is one of a pose tracker, by its first bytes."""
    if path.suffix == ".slp":
        return True
    if path.suffix in (".csv", ".tsv"):
        with path.open("rb") as file:
            start = file.read(64).removeprefix(b"\xef\xbb\xbf")
        return start.startswith((b"scorer,", ",".join(SLEAP).encode()))
    return path.suffix in (".h5", ".hdf5") and bool(_writer(path))


def _writer(path: Path) -> str:
    """Which tracker wrote an HDF5 file; empty: none."""
    try:
        import h5py

        with h5py.File(path, "r") as file:
            names = set(file)
            if {"tracks", "node_names"} <= names:
                return "sleap"
            tables = [file[name] for name in names if isinstance(file[name], h5py.Group)]
            return "dlc" if any("pandas_type" in table.attrs for table in tables) else ""
    except (ImportError, OSError, KeyError, RuntimeError):
        return ""  # what reads it says what is wrong


def read_pose(path: Path) -> Pose:
    """Read a file for which :func:`is_pose` holds; ``.h5`` and ``.slp`` by the library movement.

    ValueError: it is damaged, or movement is not installed.
    """
    status = os.stat(path)
    return _read_pose(path, (status.st_mtime_ns, status.st_size))


@functools.lru_cache(maxsize=32)
def _read_pose(path: Path, changed: Any) -> Pose:
    if path.suffix not in (".csv", ".tsv"):
        return _by_movement(path)
    lines = decode_text(path, unpack_gzip(path, path.read_bytes())).splitlines()
    rows = [row for row in csv.reader(lines) if any(row)]
    short = next((n for n, row in enumerate(rows) if len(row) != len(rows[0])), None)
    if short is not None:
        raise ValueError(
            f"{path}, row {short + 1}: must have {len(rows[0])} fields, as the first one, but has "
            f"{len(rows[short])}"
        )
    return _sleap_table(path, rows) if rows[0][0] == SLEAP[0] else _deeplabcut(path, rows)


def _deeplabcut(path: Path, rows: list[list[str]]) -> Pose:
    heads = {
        row[0]: row[1:] for row in rows[:4] if row[0] in ("individuals", "bodyparts", "coords")
    }
    if not {"bodyparts", "coords"} <= heads.keys():
        raise ValueError(f"{path}: must begin with rows scorer, bodyparts and coords")
    coordinates = heads["coords"]
    individuals = heads.get("individuals", [""] * len(coordinates))
    order: dict[tuple[str, str], dict[str, int]] = {}
    for column, key in enumerate(zip(individuals, heads["bodyparts"], strict=True)):
        if coordinates[column] in order.setdefault(key, {}):
            raise ValueError(f"{path}: '{key[1]}' has {coordinates[column]} twice")
        order[key][coordinates[column]] = column
    body = rows[1 + len(heads) :]
    if not body:
        raise ValueError(f"{path}: has no row of a frame")
    values = np.array([[float(cell or "nan") for cell in row[1:]] for row in body])
    for (_, part), columns in order.items():
        if columns.keys() != {"x", "y", "likelihood"}:
            raise ValueError(
                f"{path}: '{part}' must have x, y and likelihood, but has {', '.join(columns)}"
            )
    points = [values[:, [c["x"], c["y"], c["likelihood"]]] for c in order.values()]
    return _pose(list(order), np.stack(points, axis=1))


def _sleap_table(path: Path, rows: list[list[str]]) -> Pose:
    header, *body = rows
    where = {name: column for column, name in enumerate(header)}
    nodes = [name[:-2] for name in header if name.endswith(".x") and f"{name[:-2]}.y" in where]
    frames = np.array([int(float(row[1])) for row in body])
    if not nodes or not len(frames) or frames.min() < 0:
        raise ValueError(f"{path}: must have columns such as 'nose.x' and 'nose.y', and rows")
    animals = list(dict.fromkeys(row[0] for row in body))
    shape = (int(frames.max()) + 1, len(animals) * len(nodes), 3)
    check_expansion(path.stat().st_size, 8 * math.prod(shape))
    values = np.full(shape, np.nan)
    for frame, row in zip(frames, body, strict=True):
        first = animals.index(row[0]) * len(nodes)
        for index, node in enumerate(nodes):
            score = row[where[f"{node}.score"]] if f"{node}.score" in where else "1"
            cells = row[where[f"{node}.x"]], row[where[f"{node}.y"]], score
            if not np.isnan(values[frame, first + index]).all():
                raise ValueError(f"{path}: has '{row[0]}' in frame {frame} twice")
            values[frame, first + index] = [float(cell or "nan") for cell in cells]
    return _pose([(animal, node) for animal in animals for node in nodes], values)


def _by_movement(path: Path) -> Pose:
    try:
        from movement.io import load_poses
    except ImportError as error:
        raise missing_library(path, "pose") from error
    by_dlc = path.suffix != ".slp" and _writer(path) == "dlc"
    read = load_poses.from_dlc_file if by_dlc else load_poses.from_sleap_file
    data = read(path)
    position = data.position.transpose("time", "individuals", "keypoints", "space").to_numpy()
    likelihood = data.confidence.transpose("time", "individuals", "keypoints").to_numpy()[..., None]
    if position.shape[-1] != 2:
        raise ValueError(f"{path}: must have two coordinates, but has {position.shape[-1]}")
    if np.isnan(likelihood).all():
        likelihood = np.ones_like(likelihood)
    names = [
        (str(animal), str(point))
        for animal in data.individuals.to_numpy()
        for point in data.keypoints.to_numpy()
    ]
    values = np.concatenate([position, likelihood], axis=-1)
    return _pose(names, values.reshape(len(values), len(names), 3))


def _pose(points: Sequence[tuple[str, str]], values: np.ndarray) -> Pose:
    animals = tuple(dict.fromkeys(animal for animal, _ in points))
    names = tuple(f"{animal}.{name}" if len(animals) > 1 else name for animal, name in points)
    lost = ~np.isfinite(values).all(axis=-1, keepdims=True)
    return Pose(names, animals, np.where(lost, 0, values).astype(np.float32))
