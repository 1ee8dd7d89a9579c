"""What the inferencer of exported models takes: arrays, files and folders. T rows of C channels."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmtal.utils.reading import open_zip, reading
from mmtal.utils.wording import repeated

KEYS = ("feats", "features")
"""What the array is usually called in .npz files; else the first is taken."""
PROBLEM = "is no .npy or .npz file of numbers"

Input = Any
"""An array (T, C), a .npy or .npz file, or a tuple of these, one for each source."""


def named_inputs(inputs: Any) -> dict[str, Input]:
    """Recordings by name; ValueError: there is none, or two have one name."""
    found = list(_named(inputs))
    if not found:
        raise ValueError("inputs must hold at least one recording, but are empty")
    if twice := repeated(name for name, _ in found):
        raise ValueError(
            f"recordings must have names of their own, but '{twice[0]}' occurs twice: give the "
            "folder that they are in, or a dict {name: features}"
        )
    return dict(found)


def _named(inputs: Any) -> Iterator[tuple[str, Input]]:
    if isinstance(inputs, Mapping):
        yield from ((str(name), item) for name, item in inputs.items())
        return
    for index, item in enumerate(inputs if isinstance(inputs, list) else [inputs]):
        first = item[0] if isinstance(item, tuple) and item else item
        if not isinstance(first, str | os.PathLike):
            yield f"recording_{index}", item
        elif Path(first).is_dir():
            files = sorted(f for f in Path(first).rglob("*") if f.suffix in (".npy", ".npz"))
            if not files:
                raise FileNotFoundError(f"folder {first} holds no .npy or .npz file")
            yield from ((f.relative_to(first).with_suffix("").as_posix(), f) for f in files)
        else:
            yield Path(first).stem, item


def opened_input(part: Any, name: str) -> NDArray[Any]:
    """An array, or that of a file, (T, C); ValueError: it is damaged or of another shape."""
    if isinstance(part, str | os.PathLike):
        if not Path(part).is_file():
            raise FileNotFoundError(f"feature file {part} does not exist")
        path = Path(part)
        with reading(path, PROBLEM):
            part = _loaded(path)
    rows = np.asarray(part) if not isinstance(part, np.ndarray) else part
    if rows.ndim != 2 or 0 in rows.shape or rows.dtype.kind not in "fiu":
        raise ValueError(
            f"recording '{name}': features must be numbers of the shape (T, C), one row per "
            f"feature, and not be empty, but got {rows.dtype} {rows.shape}"
        )
    return rows


def _loaded(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        start = file.read(6)
    if start == b"\x93NUMPY":
        return np.load(path, mmap_mode="r", allow_pickle=False)
    if not start.startswith(b"PK"):
        raise ValueError("it begins like neither")
    # open_zip bounds what np.load reads
    with open_zip(path, problem=PROBLEM), np.load(path, allow_pickle=False) as arrays:
        if not arrays.files:
            raise ValueError("it holds no array")
        return arrays[next(key for key in (*KEYS, *arrays.files) if key in arrays.files)]
