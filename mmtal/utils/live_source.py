"""Live sources: cameras, pipes and addresses that PyAV opens, read once, in order of time."""

import math
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.utils.media_damage import Frame
from mmtal.utils.video_reader import looked_at, moving_pictures, pyav

LONGEST_GAP = 60.0
"""Seconds between two stamps from which the clock is taken to have jumped."""


def is_live(source: str | Path) -> bool:
    """Whether it is an address, a pipe or a device, and not a file or a folder."""
    text = str(source)
    if "://" in text or text.startswith("pipe:"):
        return True
    path = Path(text)
    kind = path.stat().st_mode if path.exists() else 0
    return stat.S_ISFIFO(kind) or stat.S_ISCHR(kind) or stat.S_ISSOCK(kind)


@dataclass(frozen=True)
class LiveSource:
    """Something that PyAV opens, from now on.

    Attributes:
        address: Such as ``rtsp://camera/1``, ``/dev/video0``, ``pipe:`` (standard input), a file.
        format: FFmpeg's name of the format or device, such as ``mpegts``, ``avfoundation``; None:
            found by FFmpeg.
    """

    address: str
    format: str | None = None

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """PyAV's container; ValueError: it cannot be opened or read, OSError: nor reached."""
        av = pyav()
        device = "v4l2" if self.address.startswith("/dev/video") else None
        address = "pipe:0" if self.address == "pipe:" else self.address
        try:
            with av.open(address, format=self.format or device) as container:
                yield container
        except (av.error.FFmpegError, UnicodeError, ValueError) as error:
            raise ValueError(f"{self.address} cannot be read as a live source: {error}") from error

    def pictures(
        self, times: Iterable[float], *, size: int | tuple[int, int] | None = None
    ) -> Iterator[np.ndarray]:
        """The picture shown at each of the times (s from the first), until they end.

        RGB, uint8 (H, W, 3), as :meth:`Video.pictures` gives them.
        """
        with self.opened() as container:
            stream = moving_pictures(container, self.address)
            stream.thread_type = "SLICE"  # of several frames at once, all would wait for the last
            frames = self._frames(container, stream)
            coming: Frame | None = next(frames, None)
            if coming is None:
                return
            shown, video = coming, looked_at(Path(self.address), container, stream, coming[1])
            height, width = video.scaled(size)
            old, picture = None, np.empty(0, np.uint8)
            for time in times:
                latest = time + video.rounding
                while coming and coming[0] <= latest:
                    shown, coming = coming, next(frames, None)
                hold = (shown[1].duration or 0) * video.tick or 1 / video.rate
                if coming is None and time > shown[0] + hold:
                    return
                if shown is not old:
                    old, picture = shown, video.picture(shown[1], height, width)
                yield picture

    def _frames(self, container: Any, stream: Any) -> Iterator[Frame]:
        """Seconds from the first picture, rising, and the frames; what is damaged is left out."""
        error, tick = pyav().error, float(stream.time_base)
        step = 1 / float(stream.average_rate or stream.guessed_rate or 25)
        origin, last = None, -math.inf  # type: float | None, float
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except error.FFmpegError:
                continue
            for frame in frames:
                stamp = None if frame.pts is None else frame.pts * tick
                if origin is None:
                    origin, last = stamp or 0.0, -step
                seconds = last + step if stamp is None else stamp - origin
                if not last < seconds < last + LONGEST_GAP:
                    seconds = last + step
                    origin = origin if stamp is None else stamp - seconds
                last = seconds
                yield seconds, frame
