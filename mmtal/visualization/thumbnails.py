"""Small pictures of a video, for timelines."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from mmtal.utils.video_reader import open_video

HEIGHT = 96
"""Pixels of the shorter side."""

Pictures = Callable[[np.ndarray], Iterable[np.ndarray]]
"""Gives the picture (H, W, 3) at each of the times (s, rising); fewer where they end."""


def thumbnails(video: Path | None) -> Pictures | None:
    """The pictures of a video file; None: there is none. A warning says why some are missing."""
    if video is None:
        return None

    def pictures(times: np.ndarray) -> Iterator[np.ndarray]:
        try:
            yield from open_video(video).pictures(times.tolist(), size=HEIGHT)
        except (ValueError, ImportError, OSError) as error:
            warnings.warn(f"pictures are missing above the timeline: {error}", stacklevel=2)

    return pictures
