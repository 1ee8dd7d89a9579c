"""Which windows of a long recording to predict, and which points each of them gives.

T features, L levels, T_l positions of level l.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Reach:
    """What the predictions of a pyramid depend on, in features.

    Attributes:
        level_strides: Grid steps between the points of each level.
        left: For each level, how many features before a point matter to it.
        right: The same after it.
    """

    level_strides: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def coarsest_stride(self) -> int:
        """Windows that start at multiples of it have their points where one pass has them."""
        return max(self.level_strides)

    @property
    def shortest_window(self) -> int:
        """Features of a window that certainly holds new points of every level."""
        return max(self.left) + max(self.right) + 3 * self.coarsest_stride


class Windows:
    """Goes through one recording, window by window, so that each point is taken exactly once.

    Windows start at multiples of the coarsest level stride, so that their points are those of one
    pass. A point is taken from the first window that holds all that it depends on. Hence what is
    found does not depend on the windows, up to rounding.

    Args:
        level_strides: Grid steps between the points of each level.
        reach: Receptive field of the model; may be None if the first window is the last.
    """

    def __init__(self, level_strides: Sequence[int], reach: Reach | None) -> None:
        self.level_strides = list(level_strides)
        self.reach = reach
        self.next_points = [0] * len(self.level_strides)

    @property
    def start(self) -> int:
        """First feature that the points to come depend on; what is before may be forgotten."""
        if self.reach is None:
            return 0
        coarsest = self.reach.coarsest_stride
        first = min(p - r for p, r in zip(self.next_points, self.reach.left, strict=True))
        return max(0, first // coarsest * coarsest)

    def are_new(self, level: int, count: int, end: int | None) -> NDArray[np.bool_]:
        """Which of the first ``count`` points of a level a window from :attr:`start` completes.

        Args:
            level: Index of the level.
            count: T_l of the window.
            end: Feature at which the window ends (exclusive); None: as the recording does.
        """
        positions = self.start + self.level_strides[level] * np.arange(count)
        new = positions >= self.next_points[level]
        return new if end is None else new & (positions < self._limit(level, end))

    def advance(self, end: int) -> None:
        """Count the points of a window that ends at this feature as taken."""
        for level, stride in enumerate(self.level_strides):
            first_left = -(-self._limit(level, end) // stride) * stride
            self.next_points[level] = max(self.next_points[level], first_left)

    def spans(self, length: int, size: int) -> list[tuple[int, int]]:
        """First and last feature (exclusive) of the windows that a recording needs.

        Args:
            length: Features of the recording.
            size: Features of a window, at least ``reach.shortest_window`` if it is shorter.
        """
        windows = Windows(self.level_strides, self.reach)
        spans = [(0, min(size, length))]
        while spans[-1][1] < length:
            windows.advance(spans[-1][1])
            spans.append((windows.start, min(windows.start + size, length)))
        return spans

    def _limit(self, level: int, end: int) -> int:
        """Points before it depend on nothing from feature ``end`` on."""
        assert self.reach is not None, "only a last window needs no receptive field"
        return end - self.reach.right[level]
