"""Convert the inputs of an inferencer to recordings.

T features (or raw samples) of C channels; several sources are joined over the channels.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmtal.datasets.feature_check import first_unusable
from mmtal.datasets.feature_files import list_feature_files
from mmtal.datasets.features import (
    ENDINGS,
    LARGEST,
    Block,
    FeatureArray,
    common_length,
    open_features,
    read_shape,
    to_array,
)
from mmtal.datasets.lazy_rows import plain_shape
from mmtal.datasets.sensor_tables import clock_rate
from mmtal.utils.file_names import composed, stays_below
from mmtal.utils.media_files import is_video
from mmtal.utils.wording import counted, first_of, repeated

CHUNK = 1 << 22
"""Values to look at in one piece; bounds the memory of the check."""

Source = np.ndarray | torch.Tensor | str | os.PathLike[str]
Input = Source | tuple[Source, ...]
"""One recording: an array or tensor (T, C), or a feature file; a tuple: one for each source."""
Inputs = Input | list[Input] | Mapping[str, Input]
"""Recordings: one, a folder (or a tuple of folders), a list of them, or recordings by name."""


@dataclass(frozen=True)
class Recording:
    """Features of one recording, not yet read.

    Attributes:
        name: Of the recording.
        paths: Feature files, one for each source; empty for arrays.
        arrays: (T, C_i), one for each source; empty for files.
        key: Name of the array in files with named arrays.
        rate: Samples per second that tables of sensors are brought to; None: their own.
    """

    name: str
    paths: tuple[Path, ...] = ()
    arrays: tuple[np.ndarray, ...] = ()
    key: str | None = None
    rate: float | None = None

    def open(self) -> FeatureArray:
        """The features; nothing is read from files that can be read in parts."""
        if not self.paths:
            return FeatureArray(self.arrays)
        return open_features(self.paths, key=self.key, rate=self.rate)

    @property
    def is_video(self) -> bool:
        """Whether its files are videos, whose pictures the model takes."""
        return any(map(is_video, self.paths))

    @property
    def is_mapped(self) -> bool:
        """Whether opening it again costs nothing and frees what was read."""
        return bool(self.paths) and all(p.suffix in (".npy", ".h5", ".hdf5") for p in self.paths)

    def shapes(self) -> list[tuple[int, int]]:
        """(T, C_i) of each source, the same T; checks files by their headers.

        ValueError: a file is unreadable or not (T, C), or the lengths differ too much.
        """
        if not self.paths:
            return [(a.shape[0], a.shape[1]) for a in self.arrays]
        sizes = {
            str(path): read_shape(path, key=self.key, rate=self.rate, together=self.paths)
            for path in self.paths
        }
        length = common_length({path: size[0] for path, size in sizes.items()})
        return [(length, size[1]) for size in sizes.values()]

    def check_values(self) -> None:
        """Look at all values, in pieces; ValueError: one is NaN, infinite or absurd."""
        if self.is_video:
            return
        shapes = self.shapes()
        rows = max(1, CHUNK // sum(shape[1] for shape in shapes))
        feats = self.open()
        for start in range(0, shapes[0][0], rows):
            for index, source in enumerate(feats.sources):
                found = first_unusable(Block(start, 0, np.asarray(source[start : start + rows])))
                if found:
                    row, channel, value = found
                    where = f" of {self.paths[index]}" if self.paths else ""
                    raise ValueError(
                        f"recording '{self.name}': features must be numbers of at most "
                        f"{LARGEST:g}, but feature {row}{where} has {value:g} in channel "
                        f"{channel}. Extract the features again"
                    )
            if self.is_mapped:  # frees the pages that were read
                feats = self.open()


def find_recordings(
    inputs: Inputs,
    *,
    file_prefix: str = "",
    file_ext: str = ".npy",
    key: str | None = None,
    rate: Callable[[Recording], float] | None = None,
) -> list[Recording]:
    """All recordings that are meant, in order; files and arrays are checked, not read.

    In folders, files begin with ``file_prefix`` and are looked for with ``file_ext`` first; ``key``
    names the array in files of several; ``rate`` tells the samples per second that tables of
    sensors are brought to. FileNotFoundError: a file or folder does not exist, or a folder holds no
    feature file. ValueError: an input is not (T, C), or two recordings have the same name.
    TypeError: an input is of another type.
    """
    if isinstance(inputs, Mapping):
        items = list(inputs.items())
        found = [_recording(item, str(name), key) for name, item in items]
    else:
        listed = inputs if isinstance(inputs, list) else [inputs]
        found = list(_flat(listed, file_prefix, file_ext, key))
    if not found:
        raise ValueError("inputs must hold at least one recording, but are empty")
    if twice := repeated(recording.name for recording in found):
        raise ValueError(
            f"recordings must have names of their own, but these occur twice: {first_of(twice)}. "
            "Give the folder that they are in, or a dict {name: features}"
        )
    if rate is not None:
        timed = [r.is_video or clock_rate(r.paths) for r in found]
        found = [replace(r, rate=rate(r)) if t else r for r, t in zip(found, timed, strict=True)]
    for recording in found:
        recording.shapes()
    return found


def _flat(listed: Sequence[Any], prefix: str, ext: str, key: str | None) -> Iterator[Recording]:
    for index, item in enumerate(listed):
        parts = item if isinstance(item, tuple) else (item,)
        if parts and all(isinstance(p, str | os.PathLike) for p in parts):
            paths = [Path(p).expanduser() for p in parts]
            if all(path.is_dir() for path in paths):
                yield from _from_folders(paths, prefix, ext, key)
            else:
                yield _recording(item, _name(paths[0].name, prefix, ext), key)
        else:
            yield _recording(item, f"recording_{index}", key)


def _from_folders(
    folders: list[Path], prefix: str, ext: str, key: str | None
) -> Iterator[Recording]:
    names = list_feature_files(folders[0])
    files = next((f for e in (ext, *ENDINGS) if (f := [n for n in names if n.endswith(e)])), [])
    if not files:
        other = min(folders[0].iterdir(), default=None)
        raise FileNotFoundError(
            f"folder {folders[0]} holds no feature file ({', '.join(ENDINGS)}) and no video, "
            + (f"but for example '{other.name}'" if other else "it is empty")
        )
    taken = {os.path.splitext(file)[0] for file in files}
    if rest := [name for name in names if os.path.splitext(name)[0] not in taken]:
        warnings.warn(
            f"{folders[0]}: {counted(len(rest), 'file')} of another ending than {files[0]}: not "
            f"read, for example {rest[0]}; give files by name to read them, too",
            stacklevel=2,
        )
    for file in files:
        parts = tuple(folder / file for folder in folders)
        item = parts if len(parts) > 1 else parts[0]
        yield _recording(item, _name(file, prefix, ext), key)


def _name(file: str, prefix: str, ext: str) -> str:
    stem = file.removesuffix(ext)
    return composed(os.path.splitext(file)[0] if stem == file else stem).removeprefix(prefix)


def _recording(item: Any, name: str, key: str | None) -> Recording:
    if isinstance(item, Recording):  # of a video
        return item
    parts = item if isinstance(item, tuple) else (item,)
    if not stays_below(name):
        raise ValueError(f"recording {name!r}: must have a name that can be a relative path")
    if not parts:
        raise ValueError(f"recording '{name}': an empty tuple has no features")
    if all(isinstance(part, str | os.PathLike) for part in parts):
        recording = Recording(name, paths=tuple(Path(p).expanduser() for p in parts), key=key)
        for path in recording.paths:
            if path.is_dir():
                raise ValueError(f"recording '{name}': {path} is a folder, not a feature file")
            if not path.exists():
                raise FileNotFoundError(f"feature file {path} does not exist")
    else:
        arrays = tuple(_array(part, name) for part in parts)
        length = common_length(
            {f"source {i} of recording '{name}'": len(a) for i, a in enumerate(arrays)}
        )
        recording = Recording(name, arrays=tuple(a[:length] for a in arrays))
    return recording


def _array(part: Any, name: str) -> np.ndarray:
    if isinstance(part, torch.Tensor):
        part = to_array(part)
    if not isinstance(part, np.ndarray):
        raise TypeError(
            f"recording '{name}': features must be an array or a tensor (T, C), or the path of a "
            f"feature file or folder, but got {type(part).__name__}"
        )
    if part.dtype.kind not in "fiu":
        raise ValueError(f"recording '{name}': features must be numbers, but got {part.dtype}")
    part = part.reshape(plain_shape(part.shape))
    if part.ndim != 2 or 0 in part.shape:
        raise ValueError(
            f"recording '{name}': features must have the shape (T, C), one row per feature, and "
            f"not be empty, but got {part.shape}"
        )
    return part
