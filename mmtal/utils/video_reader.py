"""Read videos: each picture at its own time, upright, in bounded memory (PyAV, which is optional).

Times come from the stamps of the pictures, in seconds from the first picture.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.utils.media_damage import Frame, rising, say_damage

ROUNDING = 0.0006, 0.005
"""Seconds by which stamps may be rounded: containers count milliseconds, GIF hundredths."""

SEEK_FROM = 10.0
"""Seconds between two pictures from which the second is sought, not decoded up to."""

LONGEST_HOLD = 1.0
"""Seconds that the last picture may be shown for, unless the file says more."""

REMEDY = "Get the whole file again, or write what is left of it as a new one: ffmpeg -i OLD NEW.mp4"


@dataclass(frozen=True)
class Video:
    """A video file that :func:`open_video` has looked at; it is open only while it is read.

    Attributes:
        path: The file.
        width: Of the picture as it is shown: upright, with square pixels.
        height: The same.
        turn: Whether rows and columns are swapped, then rows reversed, then columns.
        rate: Usual pictures per second, for estimates; times may be uneven.
        origin: Stamp of the first picture, in units of ``tick``; None: the file has no stamps.
        tick: Seconds.
        claimed: Seconds that the file claims to last; None: it does not say.
        together: Whether that is of all its tracks together, as in Matroska.
        first: The first picture as it was decoded.
        by_order: Whether packets carry the times of decoding only, as H.264 does in AVI.
        seeks: Whether pictures have their right times after seeking, too.
    """

    path: Path
    width: int
    height: int
    turn: tuple[bool, bool, bool]
    rate: float
    origin: int | None
    tick: float
    claimed: float | None
    together: bool
    first: Any
    by_order: bool
    seeks: bool

    @property
    def duration(self) -> float:
        """Seconds; where the file does not say, its stamps are read, without decoding."""
        if self.claimed is not None and not self.together:
            return self.claimed
        end = of_all = begin = (self.origin or 0) * self.tick
        with opened(self.path) as (video, stream):
            for packet in filter(attrgetter("size"), video.demux()):
                own = packet.stream.index == stream.index
                if packet.pts is not None and self.origin is not None:
                    after = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    end = max(end, after) if own else end
                    of_all = max(of_all, after)
                elif own:
                    end += 1 / self.rate
        if self.claimed and max(end, of_all) < begin + self.claimed - LONGEST_HOLD:
            return self.claimed  # the file was cut: of its pictures, some are missing
        return end - begin

    def upright(self, picture: np.ndarray) -> np.ndarray:
        """A picture (H, W, ...) as the file says that it be turned and mirrored; a view."""
        swapped, rows, columns = self.turn
        picture = picture.swapaxes(0, 1) if swapped else picture
        return picture[:: -1 if rows else 1, :: -1 if columns else 1]

    def frames(
        self,
        start: float = 0.0,
        *,
        sound: Mapping[int, Callable[[Any], None]] | None = None,
        warn: Callable[[str], None] | None = None,
        source: tuple[Any, Any] | None = None,
    ) -> Iterator[Frame]:
        """Decode the picture that is shown at ``start`` (s), and all after it, in order of time.

        ``sound`` gets the packets of other streams by their index; ``warn`` a text on damaged
        packets that were left out. ``source`` are PyAV's container and stream where the caller
        has opened them, at their beginning. ValueError: the file cannot be read.
        """
        damaged: list[float] = []
        if source:
            frames = self._decode(*source, sound or {}, damaged)
        else:
            frames = self._frames_from(start + self.rounding, damaged)
        try:
            yield from frames
        finally:
            say_damage(self.path, damaged, warn)

    def pictures(
        self,
        times: Iterable[float],
        *,
        size: int | tuple[int, int] | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> Iterator[np.ndarray]:
        """The picture shown at each of the times: RGB, uint8 (H, W, 3).

        That is the last one whose stamp is not later (within the rounding of stamps).

        Args:
            times: Seconds, rising.
            size: Pixels of the shorter side, or (height, width); None: as it is.
            warn: Gets a text on damaged packets that were left out.

        Raises:
            ValueError: The file cannot be read, or its pictures end before the last of the times.
        """
        height, width = self.scaled(size)
        frames: Iterator[Frame] = iter(())
        shown: Frame | None = None
        coming: Frame | None = None
        picture = np.empty(0, np.uint8)
        for time in times:
            latest, old = max(float(time), 0.0) + self.rounding, shown
            if shown is None or (coming and latest - coming[0] > SEEK_FROM):
                frames = self.frames(max(float(time), 0.0), warn=warn)
                shown, coming = next(frames), next(frames, None)
            while coming and coming[0] <= latest:
                shown, coming = coming, next(frames, None)
            if coming is None:
                self._check_end(shown, latest)
            if shown is not old:
                picture = self.picture(shown[1], height, width)
            yield picture

    def scaled(self, size: int | tuple[int, int] | None) -> tuple[int, int]:
        """Height and width of pictures of this ``size``, see :meth:`pictures`."""
        if size is None:
            return self.height, self.width
        if isinstance(size, int):
            factor = size / min(self.height, self.width)
            return max(round(self.height * factor), 1), max(round(self.width * factor), 1)
        return size

    @property
    def rounding(self) -> float:
        """Seconds by which the stamps of its pictures may be rounded."""
        return float(np.clip(self.tick / 2, *ROUNDING))

    def picture(self, frame: Any, height: int, width: int) -> np.ndarray:
        """A frame as it is to be shown, in this size: RGB, uint8 (H, W, 3)."""
        if self.turn[0]:
            height, width = width, height
        try:
            values = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
        except importlib.import_module("av").error.FFmpegError as error:
            raise ValueError(
                f"{self.path}: no picture of {width} x {height} pixels can be made of its "
                f"{frame.width} x {frame.height}: {error}"
            ) from error
        return np.ascontiguousarray(self.upright(values))

    def _check_end(self, last: Frame, time: float) -> None:
        seconds, frame = last
        hold = (frame.duration or 0) * self.tick if self.origin is not None else 0.0
        if time > seconds + max(hold, LONGEST_HOLD) + self.rounding:
            raise ValueError(
                f"{self.path}: its pictures end at {seconds:.2f} s, but one at {time:.2f} s was "
                f"asked for{self._said}. {REMEDY}; or correct the recording's duration"
            )

    @property
    def _said(self) -> str:
        return "" if self.claimed is None else f" (it claims to last {self.claimed:.2f} s)"

    def _frames_from(self, start: float, damaged: list[float]) -> Iterator[Frame]:
        """Seek to a key picture before ``start``; where seeking misses it, seek further back."""
        back, frames = 0.0, iter(())  # type: float, Iterator[Frame]
        while True:
            target = start - back
            whole = not self.seeks or target <= 0
            with opened(self.path) as (video, stream):
                if not whole and self.origin is not None:
                    try:
                        video.seek(self.origin + int(target / self.tick), stream=stream)
                    except OSError:  # this format cannot
                        whole = True
                found: list[float] = []
                frames = self._decode(video, stream, {}, found)
                before = next((f for f in frames if whole or f[1].key_frame), None)
                if not whole:
                    found.clear()  # what needs pictures before this one
                if not whole and (before is None or before[0] > start):
                    back = 4 * back + 2
                    continue
                if before is None:
                    return
                for after in chain(frames, (None,)):
                    if after is None or after[0] > start:
                        try:
                            yield before
                            if after is not None:
                                yield after
                                yield from frames
                        finally:
                            damaged.extend(found)
                        return
                    before = after

    def _decode(
        self,
        video: Any,
        stream: Any,
        sound: Mapping[int, Callable[[Any], None]],
        damaged: list[float],
    ) -> Iterator[Frame]:
        return rising(self._decode_all(video, stream, sound, damaged), damaged)

    def _decode_all(
        self,
        video: Any,
        stream: Any,
        sound: Mapping[int, Callable[[Any], None]],
        damaged: list[float],
    ) -> Iterator[Frame]:
        error = importlib.import_module("av").error
        stamp, count, seconds = 0, 0, 0.0
        period = max(round(1 / self.rate / self.tick), 1)
        for packet in video.demux(stream, *(video.streams[index] for index in sound)):
            own = packet.stream.index == stream.index
            problem = error.FFmpegError if own else error.InvalidDataError  # else: of the target
            pictures: list[Any] = []
            try:
                if own:
                    pictures = packet.decode()
                else:
                    sound[packet.stream.index](packet)
            except problem:
                damaged.append(max(seconds, 0.0))
            for frame in pictures:
                if self.origin is None:
                    frame.time_base = stream.time_base
                    frame.pts = round(count / self.rate / self.tick)
                elif self.by_order:
                    frame.pts = frame.dts
                if frame.pts is None:  # of those that wait in the decoder, and in old MPEG files
                    frame.pts, frame.time_base = stamp + period, stream.time_base
                count += 1
                stamp = frame.pts
                seconds = (frame.pts - (self.origin or 0)) * self.tick
                yield seconds, frame


def open_video(path: str | Path) -> Video:
    """Look at a video file: its first picture tells what no header tells for sure.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no pictures, or cannot be read.
        ImportError: PyAV is not installed.
    """
    path = Path(path)
    with opened(path) as (video, stream):
        frame = next(video.decode(stream), None)
        if frame is None:
            raise ValueError(f"{path}: no picture can be decoded. {REMEDY}")
        return looked_at(path, video, stream, frame)


def looked_at(path: Path, video: Any, stream: Any, frame: Any) -> Video:
    """What PyAV's container, its stream and the first frame say."""
    kind, tick, claimed = video.format.name, float(stream.time_base), None
    by_order = kind == "avi" and stream.codec_context.name in ("h264", "hevc")
    origin = frame.dts if by_order else frame.pts
    if kind == "mpeg":  # its length would be a guess
        pass
    elif stream.duration is not None:
        claimed = stream.duration * tick
    elif video.duration:
        claimed = video.duration / importlib.import_module("av").time_base
        if "matroska" in kind:  # which says when it ends
            claimed -= (origin or 0) * tick
    turn = _turn(frame)
    width = max(round(frame.width * float(stream.sample_aspect_ratio or 1)), 1)
    return Video(
        path=path,
        width=frame.height if turn[0] else width,
        height=width if turn[0] else frame.height,
        turn=turn,
        rate=float(stream.average_rate or stream.guessed_rate or 25),
        origin=origin,
        tick=tick,
        claimed=claimed,
        together=stream.duration is None and len(video.streams) > 1,
        first=frame,
        by_order=by_order,
        seeks=not (by_order or origin is None or kind == "mpeg"),
    )


@contextmanager
def opened(path: Path, *, sound: bool = False) -> Iterator[tuple[Any, Any]]:
    """PyAV's container, and its stream of pictures that move, or of sound.

    What goes wrong names the file.
    """
    av = pyav()
    if not path.is_file():
        raise FileNotFoundError(f"video {path} does not exist")
    if not path.stat().st_size:
        raise ValueError(f"{path} cannot be read as a video: it has 0 bytes. {REMEDY}")
    try:
        with av.open(str(path), metadata_errors="replace") as video:
            yield video, (sound_track if sound else moving_pictures)(video, path)
    except (av.error.FFmpegError, UnicodeError) as error:
        raise ValueError(f"{path} cannot be read as a video: {error}. {REMEDY}") from error


def picture_tracks(video: Any) -> list[Any]:
    """The streams of pictures that move, of PyAV's container: not of a cover."""
    cover = pyav().stream.Disposition.attached_pic
    return [stream for stream in video.streams.video if not stream.disposition & cover]


def moving_pictures(video: Any, path: object) -> Any:
    """The first of :func:`picture_tracks`; ValueError: there is none."""
    streams = picture_tracks(video)
    if not streams:
        kinds = {stream.type for stream in video.streams if stream.type != "video"}
        found = ", ".join(sorted(kinds)) or "nothing"
        hint = "; log_mel is the backbone of sounds" if "audio" in kinds else ""
        raise ValueError(f"{path} holds no pictures, but {found}{hint}")
    streams[0].thread_type = "AUTO"
    return streams[0]


def sound_track(video: Any, path: object) -> Any:
    """The first stream of sound; ValueError: there is none."""
    if not video.streams.audio:
        raise ValueError(f"{path} has no sound: extract features of its pictures")
    return video.streams.audio[0]


def _turn(frame: Any) -> tuple[bool, bool, bool]:
    """How to show a frame, from its display matrix: see :attr:`Video.turn`."""
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = np.frombuffer(data, np.int32, 5).tolist()
            return (True, b < 0, c < 0) if abs(a) < abs(b) else (False, d < 0, a < 0)
    return False, False, False


def pyav() -> Any:
    """The module ``av``; ImportError says how to install it."""
    try:
        return importlib.import_module("av")
    except ImportError:
        raise ImportError("videos are read and written with PyAV: pip install av") from None
