"""Read the sound of videos: samples at the times of pictures, in bounded memory (PyAV)."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.utils.live_source import LONGEST_GAP, LiveSource
from mmtal.utils.media_damage import Frame, rising, say_damage
from mmtal.utils.video_reader import open_video, opened, picture_tracks, pyav, sound_track

RATE = 16_000
"""Samples per second that sound is brought to."""

ESTIMATED = ("aac", "mp3")
"""Formats whose headers do not say how long they last: FFmpeg guesses it from the bit rate."""

SLACK = RATE // 50
"""Samples by which stamps may differ from the count of samples: codecs and containers round."""


def sound_duration(path: Path) -> float:
    """Seconds of a sound file, or of a video; ValueError: it cannot be read, or has no sound."""
    with opened(path, sound=True) as (file, stream):
        if not picture_tracks(file):
            if stream.duration is not None and file.format.name not in ESTIMATED:
                return float(stream.duration * stream.time_base)
            ends = [(p.pts or 0) + (p.duration or 0) for p in file.demux(stream) if p.size]
            return float((max(ends, default=0) - (stream.start_time or 0)) * stream.time_base)
    return open_video(path).duration


def sound_at(
    path: str | Path | LiveSource, times: Iterable[float], size: int
) -> Iterator[np.ndarray]:
    """The samples around each of the times: mono, float32 (size,), from -1 to 1.

    Time 0 is that of the first picture, of sound alone that of the first sample. Where there is no
    sound, it is silent.

    Args:
        path: A video or a sound file; its first sound track is read. Of a live source, all ends
            with it.
        times: Seconds, rising.
        size: Samples at :data:`RATE`.

    Raises:
        ValueError: The file cannot be read, or has no sound.
    """
    live = isinstance(path, LiveSource)
    chunks = _chunks(path if isinstance(path, LiveSource) else Path(path))
    begin, held = -size, np.zeros(size, np.float32)
    for time in times:
        first = round(float(time) * RATE) - size // 2
        while begin + len(held) < first + size:
            chunk = next(chunks, None)
            if chunk is None and live:
                return
            held = np.concatenate([held, np.zeros(size, np.float32) if chunk is None else chunk])
            past = min(max(first - begin, 0), len(held))
            begin, held = begin + past, held[past:]
        yield held[first - begin : first - begin + size].copy()


def _chunks(path: Path | LiveSource) -> Iterator[np.ndarray]:
    """All samples from the first picture on (of a live source: from the first), without gaps."""
    with _opened(path) as (file, stream):
        live = isinstance(path, LiveSource)
        if isinstance(path, LiveSource):
            origin: float | None = None
        elif picture_tracks(file):
            video = open_video(path)
            origin = (video.origin or 0) * video.tick
        else:
            origin = float((stream.start_time or 0) * stream.time_base)
        done = 0
        for part in _resampled(_decoded(file, stream, in_order=not live)):
            samples = part.to_ndarray().reshape(-1)
            if origin is None:
                origin = float(part.time or 0)
            at = done if part.pts is None else round((float(part.time) - origin) * RATE)
            if live and not done - SLACK <= at < done + LONGEST_GAP * RATE:  # its clock has jumped
                origin, at = float(part.time) - done / RATE, done
            while at > done + SLACK:  # a gap, perhaps of hours
                silence = np.zeros(min(at - done, RATE), np.float32)
                done += len(silence)
                yield silence
            if at < done - SLACK:  # before the first picture, or a second time
                samples = samples[done - at :]
            done += len(samples)
            yield samples


def _decoded(file: Any, stream: Any, *, in_order: bool) -> Iterator[Any]:
    """PyAV's frames; damaged packets, and stamps that lead astray, are left out, and reported."""
    damaged: list[float] = []

    def frames() -> Iterator[Frame]:
        for packet in file.demux(stream):
            try:
                for frame in packet.decode():
                    yield math.nan if frame.pts is None else float(frame.time), frame
            except pyav().error.FFmpegError:
                damaged.append(float((packet.pts or 0) * packet.time_base))

    try:
        for _, frame in rising(frames(), damaged) if in_order else frames():
            yield frame
    finally:
        say_damage(file.name, damaged)


def _resampled(frames: Iterable[Any]) -> Iterator[Any]:
    """Frames at :data:`RATE`, mono, also where rate or channels change on the way."""
    for _, part in groupby(frames, lambda f: (f.format.name, f.layout.name, f.sample_rate)):
        resampler = pyav().AudioResampler("flt", "mono", RATE)
        for frame in chain(part, (None,)):
            yield from resampler.resample(frame)


@contextmanager
def _opened(path: Path | LiveSource) -> Iterator[tuple[Any, Any]]:
    if isinstance(path, LiveSource):
        with path.opened() as file:
            yield file, sound_track(file, path.address)
    else:
        with opened(path, sound=True) as found:
            yield found
