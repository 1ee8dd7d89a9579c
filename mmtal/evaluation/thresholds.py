"""Parse tIoU thresholds in the notation of papers."""

import re
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

Thresholds = str | float | Sequence[str | float]
"""See :func:`tiou_grid`."""
LINSPACE = re.compile(r"linspace\((.+),(.+),(.+)\)")
"""How the thresholds of evaluators that call NumPy's function are written, bit by bit theirs."""
DECIMALS = 9
"""Of a threshold's name; two thresholds differ within them."""
MOST = 1000
"""Thresholds that a range may have."""


def tiou_grid(thresholds: Thresholds) -> NDArray[np.float64]:
    """Thresholds from a list, or from ``"start:step:stop"`` with both ends included.

    They are decimal numbers: ``"0.1:0.1:0.9"`` holds 0.7, not 0.1 + 6 * 0.1 in binary. Others are
    one number, text with commas (``"0.3,0.5"``), and ``"linspace(0.3, 0.7, 5)"``: NumPy's function,
    whose numbers may differ from the decimal ones in the last digit. ValueError: they are not
    rising numbers in (0, 1] that differ in their first nine decimals, or the steps of a range do
    not meet its end.
    """
    rule = (
        "tIoU thresholds must be rising numbers in (0, 1], as a list or as 'start:step:stop', "
        f"but got {thresholds!r}"
    )
    try:
        if isinstance(thresholds, str | float):
            thresholds = [thresholds]
        grid = np.array([value for part in thresholds for value in _values(part)], np.float64)
    except (TypeError, ValueError, ArithmeticError) as error:
        why = f" ({error})" if isinstance(error, _EndError) else ""
        raise ValueError(f"{rule}{why}") from error
    names = [threshold_name(value) for value in grid]
    if not len(grid) or not (np.diff(grid) > 0).all() or len(set(names)) < len(names):
        raise ValueError(rule)
    if not (grid[0] > 0 and grid[-1] <= 1):
        raise ValueError(rule)
    return grid


def threshold_name(threshold: float) -> str:
    """A threshold with two decimals, or as many as it has: ``0.50``, ``0.598``."""
    text = f"{threshold:.{DECIMALS}f}".rstrip("0")
    return text + "0" * (2 - len(text.partition(".")[2]))


class _EndError(ValueError):
    """The steps of a range do not meet its end."""


def _values(part: float | str) -> list[float]:
    if not isinstance(part, str):
        return [float(part)]
    linspace = LINSPACE.fullmatch(part.strip())
    if linspace:
        number = min(int(linspace[3]), MOST)
        return list(np.linspace(float(linspace[1]), float(linspace[2]), number))
    if ":" not in part:
        return [float(value) for value in part.split(",") if value.strip()]
    start, step, stop = (Decimal(value) for value in part.split(":"))
    steps = int((stop - start) / step)
    if steps >= MOST:
        raise ValueError(f"at most {MOST} thresholds")
    low = start + steps * step
    if low != stop:
        raise _EndError(
            f"from {start} in steps of {step} come {low} and {low + step}, but not {stop}"
        )
    return [float(start + number * step) for number in range(steps + 1)]
