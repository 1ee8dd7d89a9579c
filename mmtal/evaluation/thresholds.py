"""Parse tIoU thresholds in the notation of papers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def tiou_grid(thresholds: str | Sequence[float]) -> NDArray[np.float64]:
    """Thresholds from a list, or from ``"start:step:stop"`` with both ends included.

    Example:
        ``tiou_grid("0.3:0.1:0.7")`` has five values.

    Raises:
        ValueError: Not rising numbers in (0, 1].
    """
    rule = (
        "tIoU thresholds must be rising numbers in (0, 1], as a list or as 'start:step:stop', "
        f"but got {thresholds!r}"
    )
    try:
        if isinstance(thresholds, str):
            start, step, stop = map(float, thresholds.split(":"))
            grid = np.linspace(start, stop, round((stop - start) / step) + 1)
        else:
            grid = np.asarray(thresholds, dtype=np.float64)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise ValueError(rule) from error
    if grid.ndim != 1 or not len(grid) or not (np.diff(grid) > 0).all():
        raise ValueError(rule)
    if not (grid[0] > 0 and grid[-1] <= 1):
        raise ValueError(rule)
    return grid
