"""Stand-ins for what MMEngine pickles into its own checkpoints beside plain types and tensors.

torch's ``weights_only`` unpickler looks each global up by name in a list. Under the names that a
message hub needs, this list holds classes of ours that accept data alone: the real
``builtins.getattr`` would let a file reach any attribute of any listed object, and the real
``numpy.dtype`` would take flags that make NumPy treat bytes as pointers.
"""

from argparse import Namespace
from pickle import UnpicklingError
from typing import Any

import numpy as np
from mmengine.logging import HistoryBuffer

_NUMBERS = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}


class _DType:
    """``numpy.dtype``, for numbers only."""

    def __init__(self, code: str, align: bool = False, copy: bool = False) -> None:
        if code not in _NUMBERS:
            raise UnpicklingError(f"GLOBAL numpy.dtype({code!r})")
        self.value = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] == ">":
            self.value = self.value.newbyteorder(">")


class _Array(np.ndarray):
    """``numpy.ndarray``, whose dtype arrives as a :class:`_DType`."""

    def __setstate__(self, state: Any) -> None:
        version, shape, dtype, is_fortran, data = state
        super().__setstate__((version, shape, dtype.value, is_fortran, data))


class _History(HistoryBuffer):
    """``HistoryBuffer`` without the functions that MMEngine stores beside its numbers."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__init__(state["_log_history"], state["_count_history"], state["max_length"])


def _reconstruct(*_: Any) -> np.ndarray:
    return np.empty(0).view(_Array)


def _scalar(dtype: _DType, data: bytes) -> Any:
    return np.frombuffer(data, dtype.value, count=1).item()


def _getattr(owner: Any, name: str) -> str:
    """A pickled method of ``HistoryBuffer``: its name, which :class:`_History` then ignores."""
    if owner is not _History:
        raise UnpicklingError("GLOBAL builtins.getattr")
    return name


SAFE_GLOBALS: list[Any] = [
    (Namespace, "argparse.Namespace"),  # a script's options, beside VideoMAE's weights
    (_History, "mmengine.logging.history_buffer.HistoryBuffer"),
    (_getattr, "builtins.getattr"),
    (_DType, "numpy.dtype"),
    (_Array, "numpy.ndarray"),
    *[(_reconstruct, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")],
    *[(_scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")],
]
