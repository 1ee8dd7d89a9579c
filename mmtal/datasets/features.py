"""Lazy reading of feature files.

T features of C channels; several sources (files of one recording) are joined over the channels.
"""

import math
import pickle
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from mmtal.datasets import sensor_tables
from mmtal.datasets.lazy_rows import UNREADABLE as _UNREADABLE
from mmtal.datasets.lazy_rows import LazyRows, open_hdf5, plain_shape
from mmtal.datasets.pose_files import is_pose, read_pose
from mmtal.utils.media_files import is_video
from mmtal.utils.reading import open_zip, reading
from mmtal.utils.video_reader import open_video

MAX_LENGTH_DIFFERENCE = 2
"""Sources of one recording may differ by this many features; the longer ones are cut."""

_PARSER = threading.Lock()
"""NumPy parses headers with ``ast``, which in Python 3.11 fails now and then in several threads."""

FLOATS = ("float16", "float32", "float64")

KEYS = ("feats", "features")
"""What the array is usually called in files with named arrays."""

MAX_HEADER = 1 << 16
"""Bytes of the longest ``.npy`` header; NumPy would allocate whatever a damaged file claims."""

BLOCK = 1 << 22
"""Values to look at in one piece; bounds the memory of the checks."""

LARGEST = 1e10
"""Values beyond it are no features: a model's squares and sums of them leave float32's range."""


@dataclass(frozen=True)
class FeatureArray:
    """The features of one recording, not yet read from disk.

    Attributes:
        sources: Arrays (T, C_i) or, as windows over a signal, (T, C_i, window); the same T.
    """

    sources: tuple[np.ndarray | LazyRows, ...]

    def __len__(self) -> int:
        return len(self.sources[0])

    def __getitem__(self, index: slice) -> "FeatureArray":
        """A part in time; reads nothing."""
        return FeatureArray(tuple(source[index] for source in self.sources))

    @property
    def num_channels(self) -> int:
        return sum(int(np.prod(source.shape[1:])) for source in self.sources)

    def windows(self, size: int, step: int) -> "FeatureArray":
        """Windows of ``size`` features, ``step`` apart, (T', C_i, size); reads no mapped file."""
        return FeatureArray(
            tuple(
                sliding_window_view(np.asarray(source), size, axis=0)[::step]
                for source in self.sources
            )
        )

    def read(self) -> np.ndarray:
        """The values, float32 (T, C), an array of their own."""
        length = len(self)
        out = np.empty((length, self.num_channels), dtype=np.float32)
        first = 0
        for source in self.sources:
            width = int(np.prod(source.shape[1:]))
            view = out[:, first : first + width]
            values = np.asarray(source)
            view[...] = values if values.ndim == 2 else values.reshape(length, width)
            first += width
        return out


def open_features(
    paths: Sequence[str | Path], *, key: str | None = None, rate: float | None = None
) -> FeatureArray:
    """Open the feature files of one recording and join them over the channels.

    Args:
        paths: ``.npy`` (memory-mapped), ``.h5`` and ``.parquet`` (read as far as they are used),
            ``.npz``, ``.pt``, ``.csv`` or ``.tsv`` files of shape (T, C); further axes of length 1,
            as in (1, T, C), are left out. Tables of samples with a column of times are brought to
            one grid.
        key: Name of the array in ``.npz`` and ``.h5`` files, and in ``.pt`` files that hold a dict;
            None: one of ``KEYS``, else the only one.
        rate: Samples per second of that grid; None: the tables' own.

    Raises:
        ValueError: A file is unreadable, is not (T, C) floats, or the lengths differ too much.
        FileNotFoundError: A file does not exist.
    """
    files = [Path(path) for path in paths]
    sources = tuple(_open(path, key, rate, files) for path in files)
    length = common_length({str(p): len(s) for p, s in zip(paths, sources, strict=True)})
    return FeatureArray(tuple(source[:length] for source in sources))


def common_length(lengths: dict[str, int]) -> int:
    """The length that sources, of these lengths by path, are cut to.

    ValueError: they differ by more than ``MAX_LENGTH_DIFFERENCE``.
    """
    shortest, longest = min(lengths.values()), max(lengths.values())
    if longest - shortest > MAX_LENGTH_DIFFERENCE:
        found = ", ".join(f"{path} has {length}" for path, length in lengths.items())
        raise ValueError(
            f"feature files of one recording must agree in length within {MAX_LENGTH_DIFFERENCE} "
            f"features, but {found}. Extract them with the same feature stride"
        )
    return shortest


def unusable_values(values: np.ndarray) -> np.ndarray:
    """Which values are NaN, infinite or beyond ``LARGEST``: bool, of the same shape."""
    if values.dtype == np.uint8:  # pictures
        return np.zeros(values.shape, bool)
    if values.dtype == np.float16:  # none reaches it
        return ~np.isfinite(values)
    return ~(np.abs(values) <= LARGEST)


def read_shape(
    path: str | Path,
    *,
    key: str | None = None,
    rate: float | None = None,
    together: Sequence[Path] = (),
) -> tuple[int, int]:
    """(T, C) of a feature file, from its header where the format has one.

    Of a video, that is the number of pictures at ``rate``, and 3. ``together``: all files of the
    recording; the rest as for :func:`open_features`. ValueError: the file is unreadable or does not
    hold (T, C) floats.
    """
    path = Path(path)
    if is_video(path):
        if not rate:
            raise ValueError(f"{path}: a video must be read at a rate: give feature_stride and fps")
        return max(int(open_video(path).duration * rate + 0.001), 1), 3
    if path.suffix == ".npz":
        shape, dtype = _npz_header(path, key)
        _check_layout(path, shape, dtype)
    else:
        shape = _open(path, key, rate, together).shape
    return shape[0], shape[1]


@dataclass(frozen=True)
class Block:
    """A part of a feature file.

    Attributes:
        row: First feature.
        channel: First channel.
        values: (rows, channels).
    """

    row: int
    channel: int
    values: np.ndarray


def read_blocks(
    path: str | Path,
    *,
    key: str | None = None,
    rate: float | None = None,
    together: Sequence[Path] = (),
) -> Iterator[Block]:
    """Read a feature file once, from the first byte to the last, in bounded memory.

    It is read and not mapped, so that a disk error is an exception and does not end the process.
    ValueError: the file is unreadable or does not hold (T, C) floats.
    """
    path = Path(path)
    if path.suffix not in (".npy", ".npz"):
        array = _open(path, key, rate, together)
        rows = max(1, BLOCK // array.shape[1])
        for row in range(0, len(array), rows):
            yield Block(row, 0, np.asarray(array[row : row + rows]))
        return
    read_shape(path, key=key)  # names what is wrong with the layout
    with reading(path, **_UNREADABLE), ExitStack() as stack:
        if path.suffix == ".npz":
            archive = stack.enter_context(open_zip(path))
            file = stack.enter_context(archive.open(_array_name(path, archive, key)))
        else:
            file = stack.enter_context(path.open("rb"))
        shape, order, dtype = _npy_header(file)
        for start, part, values in _lines(file, shape if order == "C" else shape[::-1], dtype):
            yield (Block(start, part, values) if order == "C" else Block(part, start, values.T))


def _lines(
    file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Pieces of a matrix as it lies in a file: whole lines, or parts of one very long line."""
    number, length = shape
    width = min(length, BLOCK)
    for first in range(0, number, BLOCK // width):
        lines = min(BLOCK // width, number - first)
        for start in range(0, length, width):
            values = np.empty((lines, min(width, length - start)), dtype)
            missing = values.reshape(-1).view(np.uint8).data
            while missing:
                count = file.readinto(missing)  # type: ignore[attr-defined]
                if not count:
                    raise ValueError("it ends too early")
                missing = missing[count:]
            yield first, start, values


def _open(
    path: Path, key: str | None, rate: float | None, together: Sequence[Path]
) -> np.ndarray | LazyRows:
    opener = _OPENERS.get(path.suffix)
    with reading(path, **_UNREADABLE):
        if is_pose(path):
            array: np.ndarray | LazyRows = read_pose(path).channels(key)
        elif path.suffix in sensor_tables.ENDINGS:
            array = sensor_tables.open_table(path, rate=rate, together=together)
        elif opener is not None:
            array = opener(path, key)
        else:
            raise ValueError(f"{path}: a feature file must end in {', '.join(ENDINGS)}")
    _check_layout(path, array.shape, array.dtype)
    return array


def _open_npy(path: Path, key: str | None) -> np.ndarray:
    del key
    with path.open("rb") as file:
        shape, order, dtype = _npy_header(file)
        start = file.tell()
    _check_size(shape, dtype, path.stat().st_size - start)
    if 0 in shape:  # nothing to map
        return np.empty(shape, dtype)
    # as a plain ndarray: a memmap costs ten times as much per view
    return np.asarray(np.memmap(path, dtype, "r", offset=start, shape=shape, order=order))


def _open_npz(path: Path, key: str | None) -> np.ndarray:
    _npz_header(path, key)  # names what is missing
    with open_zip(path) as archive, archive.open(_array_name(path, archive, key)) as file:
        shape, order, dtype = _npy_header(file)
        values = file.read(math.prod(shape) * dtype.itemsize)
        return np.frombuffer(values, dtype).reshape(shape, order=order)


def _open_pt(path: Path, key: str | None) -> np.ndarray:
    mapped = zipfile.is_zipfile(path)  # only the current format of torch.save can be mapped
    try:
        loaded = torch.load(str(path), map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        raise ValueError(
            "it holds other objects than tensors, which are never loaded: save the tensor alone"
        ) from error
    if isinstance(loaded, dict):
        names = [name for name, value in loaded.items() if torch.is_tensor(value)]
        loaded = loaded[_choose(path, key, names)]
    if not isinstance(loaded, torch.Tensor):
        raise ValueError(f"it must hold a tensor, but holds a {type(loaded).__name__}")
    if loaded.nbytes > path.stat().st_size:
        raise ValueError(
            f"its tensor of shape {tuple(loaded.shape)} repeats values that the file holds once: "
            "save it with .contiguous()"
        )
    return to_array(loaded).reshape(plain_shape(loaded.shape))


def _open_h5(path: Path, key: str | None) -> LazyRows:
    return open_hdf5(path, lambda names: _choose(path, key, names))


_OPENERS: dict[str, Callable[[Path, str | None], np.ndarray | LazyRows]] = {
    ".npy": _open_npy,
    ".npz": _open_npz,
    ".pt": _open_pt,
    ".h5": _open_h5,
    ".hdf5": _open_h5,
}
ARRAYS = tuple(_OPENERS)
ENDINGS = (*ARRAYS, *sensor_tables.ENDINGS, ".slp")
"""Of feature files; the first ones are preferred where a recording has several."""


def to_array(tensor: torch.Tensor) -> np.ndarray:
    """The values of a tensor; bfloat16, which NumPy lacks, as float32."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _array_name(path: Path, archive: zipfile.ZipFile, key: str | None) -> str:
    names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    return f"{_choose(path, key, names)}.npy"


def _choose(path: Path, key: str | None, names: list[str]) -> str:
    """The named array that is meant."""
    chosen = [key] if key is not None else [*KEYS, *(names if len(names) == 1 else ())]
    found = next((name for name in chosen if name in names), None)
    if found is None:
        wanted = " or ".join(f"'{name}'" for name in ([key] if key is not None else KEYS))
        raise ValueError(
            f"{path} has no array {wanted}, only {names[:5]}: choose with feature_key "
            "(--feature-key)"
        )
    return found


def _npz_header(path: Path, key: str | None) -> tuple[tuple[int, ...], np.dtype]:
    with open_zip(path, **_UNREADABLE) as archive:
        info = archive.getinfo(_array_name(path, archive, key))
        with archive.open(info) as file:
            shape, _, dtype = _npy_header(file)
            _check_size(shape, dtype, info.file_size - file.tell())
        return shape, dtype


def _npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], Literal["C", "F"], np.dtype]:
    capped = _Capped(file)
    version = np.lib.format.read_magic(capped)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"its .npy format version {version} is not one of plain float arrays")
    with _PARSER:
        shape, fortran_order, dtype = readers[version](capped)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never loaded: save a float array")
    return plain_shape(shape), "F" if fortran_order else "C", dtype


class _Capped:
    """A file that refuses to be read in pieces beyond all headers."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def read(self, size: int = -1, /) -> bytes:
        if size > MAX_HEADER:
            raise ValueError(f"its header claims to have {size} bytes")
        return self.file.read(size)


def _check_size(shape: tuple[int, ...], dtype: np.dtype, available: int) -> None:
    if any(size < 0 for size in shape):
        raise ValueError(f"its header claims the shape {shape}")
    claimed = math.prod(shape) * dtype.itemsize
    if claimed > available:
        raise ValueError(
            f"its header claims the shape {shape}, {claimed} bytes, but {available} are there: it "
            "was not written to the end"
        )


def _check_layout(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
    if len(shape) != 2:
        raise ValueError(
            f"{path}: features must have the shape (T, C), but got {len(shape)} dimension(s), "
            f"{tuple(shape)}. Save one row per feature"
        )
    if 0 in shape:
        raise ValueError(
            f"{path}: features must not be empty, but got the shape {tuple(shape)}. "
            "Extract them again or take the recording out of the annotations"
        )
    if dtype.name not in FLOATS:
        raise ValueError(
            f"{path}: features must be {', '.join(FLOATS)}, but got {dtype}. "
            "Save them with .astype('float32')"
        )
