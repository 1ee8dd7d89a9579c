"""Pictures of a video as a sequence that is not yet decoded."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.utils.media_damage import DamageWarning
from mmtal.utils.video_reader import open_video


def check_size(size: Any) -> None:
    """Refuse (ValueError) what is no size of pictures."""
    sides = size if isinstance(size, tuple | list) else (size, size)
    if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise ValueError(
            f"size must be pixels of the shorter side or (height, width), all >= 1, but got {size}"
        )


@dataclass(frozen=True)
class FrameArray:
    """T pictures of one video, not yet decoded; a part in time decodes that part alone.

    Attributes:
        path: The video.
        times: Seconds of the pictures, rising, (T,); of S pictures for each step, (T, S).
        size: Pixels of the shorter side, or (height, width); None: as the video has them.
        changes: What is done with each picture, one after the other.
    """

    path: Path
    times: np.ndarray
    size: int | tuple[int, int] | None = None
    changes: tuple[Callable[[np.ndarray], np.ndarray], ...] = ()

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, index: slice) -> "FrameArray":
        """A part in time; decodes nothing."""
        return replace(self, times=self.times[index])

    def changed(self, change: Callable[[np.ndarray], np.ndarray]) -> "FrameArray":
        """With one more thing that is done with each picture, uint8 (H, W, 3)."""
        return replace(self, changes=(*self.changes, change))

    def spread(self, length: int, duration: float) -> "FrameArray":
        """``length`` steps with as many pictures each, in the middles of equal parts of it all."""
        shape = (length, *self.times.shape[1:])
        number = int(np.prod(shape))
        times = (np.arange(number) + 0.5) * (duration / number)
        return replace(self, times=times.reshape(shape))

    def read(self) -> np.ndarray:
        """The pictures, RGB, uint8 (T, H, W, 3) or (T, S, H, W, 3).

        ValueError: the video cannot be read, or ends before the last of the times.
        """
        out = np.empty(0, np.uint8)
        times = self.times.ravel()
        pictures = open_video(self.path).pictures(times, size=self.size, warn=self._warn)
        for place, picture in enumerate(pictures):
            try:
                for change in self.changes:
                    picture = change(picture)
            except ValueError as error:
                raise ValueError(f"{self.path}: {error}") from error
            if not place:
                out = np.empty((self.times.size, *picture.shape), np.uint8)
            out[place] = picture
        return out.reshape(*self.times.shape, *out.shape[1:])

    def _warn(self, text: str) -> None:
        """Say it once of a video, not once of each part that is read."""
        warnings.warn(f"{self.path}: damaged packets left out", DamageWarning, stacklevel=2)
