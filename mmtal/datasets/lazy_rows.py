"""Feature files whose rows are read when they are used: HDF5 and Parquet.

T features of C channels.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.utils.reading import check_expansion, reading

UNREADABLE: Any = {"problem": "cannot be read", "advice": "Write the file again"}


@dataclass(frozen=True)
class LazyRows:
    """An array on disk that is sliced in time like one in memory.

    Attributes:
        load: Reads the rows from a first one to before a last one.
        rows: Those that are meant.
        rest: Shape of one row.
        dtype: Of the values.
    """

    load: Callable[[int, int], np.ndarray]
    rows: range
    rest: tuple[int, ...]
    dtype: np.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.rows), *self.rest

    @property
    def ndim(self) -> int:
        return 1 + len(self.rest)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        """Of a slice in time nothing is read; any other index reads."""
        if isinstance(index, slice):
            return replace(self, rows=self.rows[index])
        return np.asarray(self)[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        rows = self.rows
        if rows and rows.step > 0:
            values = self.load(rows[0], rows[-1] + 1)[:: rows.step]
        elif rows:
            values = self.load(rows[-1], rows[0] + 1)[::-1][:: -rows.step]
        else:
            values = np.empty(self.shape, self.dtype)
        return values.astype(dtype or self.dtype, copy=False)


def plain_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without axes of length 1, the first ones first, as long as it has more than two."""
    plain = list(shape)
    while len(plain) > 2 and 1 in plain:
        plain.remove(1)
    return tuple(plain)


def open_hdf5(path: Path, choose: Callable[[list[str]], str]) -> LazyRows:
    """The data set of an HDF5 file that ``choose`` picks of the names of all.

    Raises:
        ValueError: The file is damaged, claims far more than it can hold, or h5py is not installed.
    """
    with _hdf5(path) as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if _is_array(item) else None)
        name = choose(names)
        if name not in names:
            raise ValueError(f"'{name}' must be a data set of numbers (T, C)")
        data = file[name]
        if data.is_virtual or data.external:
            raise ValueError(f"the values of '{name}' lie in other files: write them into this one")
        stored, dtype = data.shape, data.dtype
        check_expansion(path.stat().st_size, math.prod(stored) * dtype.itemsize)
    shape = plain_shape(stored)

    def load(start: int, stop: int) -> np.ndarray:
        with reading(path, **UNREADABLE), _hdf5(path) as opened:
            values = opened[name]
            if values.shape != stored:
                raise ValueError("it has changed since it was opened")
            return values[start:stop] if shape == stored else values[()].reshape(shape)[start:stop]

    return LazyRows(load, range(shape[0]), shape[1:], dtype)


@contextmanager
def _hdf5(path: Path) -> Iterator[Any]:
    try:
        import h5py
    except ImportError as error:
        raise missing_library(path, "hdf5") from error
    with h5py.File(path, "r") as file:
        yield file


def _is_array(item: Any) -> bool:
    return hasattr(item, "shape") and len(item.shape or ()) > 0 and item.dtype.kind in "fiu"


def parquet_columns(path: Path) -> list[str]:
    """Names of the columns of a Parquet file, but for indices that pandas numbered itself.

    ValueError: it is damaged, a column occurs twice, or pyarrow is not installed.
    """
    with reading(path, **UNREADABLE), _parquet(path) as file:
        names = [n for n in file.schema_arrow.names if not n.startswith("__index_level_")]
        if len(set(names)) < len(names):
            raise ValueError("a column occurs twice")
        check_expansion(path.stat().st_size, 4 * file.metadata.num_rows * len(names))
        return names


def open_parquet(path: Path) -> LazyRows:
    """The columns of a Parquet file as channels, float32; or its one column of lists as features.

    ValueError: it is damaged, a column is not of numbers, or pyarrow is not installed.
    """
    names = parquet_columns(path)
    with _parquet(path) as file:
        types = [str(file.schema_arrow.field(name).type) for name in names]
        groups = range(file.metadata.num_row_groups)
        sizes = [file.metadata.row_group(index).num_rows for index in groups]
        rest: tuple[int, ...] = (len(names),)
        if len(names) == 1 and "list" in types[0] and any(sizes):
            rest = _matrix(next(file.iter_batches(1, columns=names))).shape[1:]
        else:
            _check_types(names, types)
    ends = np.cumsum([0, *sizes])

    def load(start: int, stop: int) -> np.ndarray:
        index = np.flatnonzero((ends[:-1] < stop) & (ends[1:] > start)).tolist()
        with reading(path, **UNREADABLE), _parquet(path) as opened:
            found = _matrix(opened.read_row_groups(index, columns=names))
        return found[start - ends[index[0]] :][: stop - start]

    return LazyRows(load, range(int(ends[-1])), rest, np.dtype(np.float32))


def read_parquet_columns(path: Path) -> dict[str, np.ndarray]:
    """The columns (N,) of a Parquet file: float64 with NaN, moments, or texts.

    ValueError: it is damaged, a column is of something else, or pyarrow is not installed.
    """
    names, found = parquet_columns(path), {}
    with _parquet(path) as file:
        table = file.read(columns=names)
    for name in names:
        kind = str(table[name].type)
        if kind.startswith(("timestamp", "duration", "string", "large_string")):
            found[name] = np.asarray(table[name])
        else:
            _check_types([name], [kind])
            found[name] = np.asarray(table[name], dtype=float)
    return found


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise missing_library(path, "parquet") from error
    with ParquetFile(path) as file:
        yield file


def _check_types(names: Sequence[str], types: Sequence[str]) -> None:
    for name, kind in zip(names, types, strict=True):
        if not kind.startswith(("float", "double", "halffloat", "int", "uint")):
            raise ValueError(f"column '{name}' must hold numbers, but holds {kind}: leave it out")


def _matrix(table: Any) -> np.ndarray:
    """The columns of a pyarrow table, float32 (T, C); missing values are NaN."""
    columns = table.columns
    if len(columns) == 1 and "list" in str(columns[0].type):
        return np.array(columns[0].to_pylist(), dtype=np.float32)
    return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)


def missing_library(path: Path, extra: str) -> ValueError:
    """What is raised where the optional library that reads a file is not installed."""
    return ValueError(
        f"{path}: pip install 'mmtal[{extra}]' to read it, or save its values as .npy"
    )
