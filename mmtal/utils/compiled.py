"""Compile a function with numba when its module is imported."""

from collections.abc import Callable
from typing import Any

import numba


def compiled(signature: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile now, and keep the result on disk for later processes where that is possible."""
    try:
        return numba.njit(signature, cache=True)(function)
    except Exception:
        # No writable folder, full disk, damaged file: whatever ails the cache must not stop the
        # run. An error of the compilation itself is raised again here.
        return numba.njit(signature)(function)
