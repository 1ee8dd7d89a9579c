"""Read pickles of plain numbers without running anything in them."""

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from mmtal.checkpoints.safe_globals import SAFE_GLOBALS
from mmtal.utils.reading import check_tree, reading

_CORES = ("core", "_core")  # NumPy before and since version 2


def load_plain_pickle(path: str | Path) -> Any:
    """What a pickle of dicts, lists, strings, numbers and NumPy arrays of numbers holds.

    Pickles of Python 2 are read, too (bytes become Latin-1 text). ValueError: it holds anything
    else, which was not run, or is damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    return parse_plain_pickle(path, path.read_bytes())


def parse_plain_pickle(path: str | Path, data: bytes) -> Any:
    """As :func:`load_plain_pickle`, of a file that has been read."""
    with reading(path, "cannot be read as a pickle, it may be damaged or cut short"):
        try:
            content = _PlainUnpickler(io.BytesIO(data), encoding="latin1").load()
        except _RefusedError as error:
            raise ValueError(
                f"{path} was refused and nothing in it was run: it holds '{error}', and a pickle "
                "of class scores needs only dicts, lists, strings, numbers and NumPy arrays"
            ) from error
        check_tree(content, len(data))
        return content


class _RefusedError(Exception):
    """The name of what a pickle asks for."""


class _PlainUnpickler(pickle._Unpickler):  # the C one lets no one look at its instructions
    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(pickle._Unpickler.dispatch)

    def load_build(self) -> None:
        """Only instances get a state: that of a class or a function would change our own code."""
        owner = self.stack[-2]  # type: ignore[attr-defined]
        if not isinstance(owner, _STATEFUL):
            raise _RefusedError(f"a state for {owner!r}")
        super().load_build()  # type: ignore[misc]

    dispatch[pickle.BUILD[0]] = load_build

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[f"{module}.{name}"]
        except KeyError:
            raise _RefusedError(f"{module}.{name}") from None


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """``_codecs.encode``, by which old protocols write bytes."""
    if encoding != "latin1":
        raise _RefusedError(f"_codecs.encode to {encoding!r}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """``bytes()``, by which old protocols write no bytes."""
    return b""


def _from_buffer(
    data: Any, dtype: Any, shape: Any, order: Literal["C", "F"], *_: Any
) -> np.ndarray:
    """``numpy.core.numeric._frombuffer``, by which protocol 5 writes arrays."""
    return np.frombuffer(data, dtype=dtype.value).reshape(shape, order=order)


_STAND_INS = {name: stand_in for stand_in, name in SAFE_GLOBALS if name.startswith("numpy.")}
_STATEFUL = (_STAND_INS["numpy.ndarray"], _STAND_INS["numpy.dtype"])
_ALLOWED: dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "_codecs.encode": _encode,
    "__builtin__.bytes": _no_bytes,
    **{f"numpy.{core}.numeric._frombuffer": _from_buffer for core in _CORES},
    **_STAND_INS,
}
