"""Pickles of class scores: numbers are read, and nothing is run."""

import io
import os
import pickle
import pickletools
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmtal.checkpoints.plain_pickle import load_plain_pickle
from mmtal.checkpoints.safe_globals import SAFE_GLOBALS


def write(path: Path, value: Any, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "value",
    [
        {"v": [0.5, 0.25], "w": (1, 2)},
        {"v": np.arange(3.0), "w": np.arange(6, dtype=np.float32).reshape(2, 3)},
        OrderedDict(v=np.arange(12.0).reshape(3, 4).T, big_endian=np.arange(3, dtype=">f4")),
        [np.float64(0.5), np.int32(7), np.zeros(0)],
    ],
)
def test_numbers_are_read(tmp_path: Path, value: Any, protocol: int) -> None:
    actual = load_plain_pickle(write(tmp_path / "scores.pkl", value, protocol))
    if isinstance(value, dict):
        assert list(actual) == list(value)
        value, actual = list(value.values()), list(actual.values())
    for one, other in zip(actual, value, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_pickle_of_python_2(tmp_path: Path) -> None:
    # {'v': [0.5]} with str keys, as Python 2's protocol 0 writes them
    path = tmp_path / "scores.pkl"
    path.write_bytes(b"(dp0\nS'v'\np1\n(lp2\nF0.5\nas.")
    assert load_plain_pickle(path) == {"v": [0.5]}


class Touch:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self.path}",)


def state_of(module: str, name: str) -> bytes:
    """A pickle that sets an attribute of what it may name."""
    text = pickle.dumps((None, {"__doc__": "mine"}), protocol=2)[2:-1]
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + text + b"b."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Counter(a=1), "'collections.Counter'"),
        (np.array([None, {}], dtype=object), r"numpy.dtype\('O8'\)|cannot be read"),
        (b"\x80\x02cbuiltins\ngetattr\n.", "'builtins.getattr'"),
        (b"\x80\x02cbuiltins\neval\n.", "'builtins.eval'"),
        (b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00bz2\x86R.", "encode to"),
        (state_of("numpy", "dtype"), "a state for"),
        (state_of("_codecs", "encode"), "a state for"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "scores.pkl"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))
    with pytest.raises(ValueError, match=f"scores.pkl (was refused|cannot be read).*({message})"):
        load_plain_pickle(path)
    assert all(stand_in.__doc__ != "mine" for stand_in, _ in SAFE_GLOBALS)


def test_nothing_is_run(tmp_path: Path) -> None:
    path = write(tmp_path / "scores.pkl", {"v": Touch(tmp_path / "touched")})
    with pytest.raises(ValueError, match="was refused and nothing in it was run: it holds 'posix"):
        load_plain_pickle(path)
    assert not (tmp_path / "touched").exists()
    pickle.loads(path.read_bytes())
    assert (tmp_path / "touched").exists(), "the file is dangerous to others"


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps({"v": [1.0] * 99})[:40]])
def test_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scores.pkl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"scores.pkl (cannot be read as a pickle|was refused)"):
        load_plain_pickle(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_plain_pickle(tmp_path / "nowhere.pkl")


def test_the_dangerous_pickles_above_are_whole() -> None:
    for content in (state_of("numpy", "dtype"), state_of("_codecs", "encode")):
        pickletools.dis(content, out=io.StringIO())
