"""Small videos that tests write: each picture carries its number as pixels."""

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

BITS, BLOCK = 12, 8
WIDTH, HEIGHT = BITS * BLOCK, 32


def numbered(number: int, height: int = HEIGHT) -> np.ndarray:
    """A picture whose columns are the bits of a number; its lower half is gray."""
    bits = [number >> place & 1 for place in range(BITS)]
    picture = np.full((height, WIDTH, 3), 128, np.uint8)
    picture[: height // 2] = np.repeat(np.array(bits, np.uint8) * 255, BLOCK)[None, :, None]
    return picture


def number_of(picture: np.ndarray) -> int:
    """The number of a picture of any size."""
    height, width = picture.shape[:2]
    columns = (np.arange(BITS) + 0.5) * width / BITS
    values = picture[height // 4, columns.astype(int), 1]
    return sum(int(value > 128) << place for place, value in enumerate(values))


def write_clip(
    path: Path, *, times: Sequence[float] | int = 50, tick: Fraction = Fraction(1, 25),
    codec: str = "libx264", options: dict[str, str] | None = None, pixels: str = "yuv420p",
    stamped: Fraction | None = None, turn: dict[str, Any] | None = None,
    pictures: Sequence[np.ndarray] | None = None, aspect: Fraction = Fraction(1),
) -> Path:  # fmt: skip
    """Pictures 0, 1, ... at the times (s), or so many at 25 a second."""
    import av

    stamps = list(range(times)) if isinstance(times, int) else [round(t / tick) for t in times]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=options or {})
        shape = pictures[0].shape if pictures else (HEIGHT, WIDTH, 3)
        stream.height, stream.width, stream.pix_fmt = shape[0], shape[1], pixels
        stream.codec_context.time_base = tick
        stream.codec_context.sample_aspect_ratio = aspect
        if stamped:
            stream.time_base = stamped
        if turn:
            stream.set_display_rotation(**turn)
        for number, stamp in enumerate(stamps):
            picture = pictures[number] if pictures else numbered(number)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = stamp, tick
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def write_sound(path: Path, *, seconds: float = 1.0, codec: str = "pcm_s16le") -> Path:
    """A tone of 440 Hz at 16,000 samples a second, and no pictures."""
    import av

    wave = np.sin(np.arange(round(16000 * seconds)) * 2 * np.pi * 440 / 16000)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=16000, layout="mono")
        tone = av.AudioFrame.from_ndarray((wave[None] * 20000).astype(np.int16), "s16", "mono")
        tone.sample_rate, tone.pts = 16000, 0
        out.mux(stream.encode(tone))
        out.mux(stream.encode(None))
    return path


def piped(path: Path, *, cut: int = 0) -> str:
    """A named pipe into which another thread writes a file, from byte ``cut`` on."""
    pipe = path.with_suffix(".pipe")
    os.mkfifo(pipe)

    def write() -> None:
        content = path.read_bytes()
        with suppress(BrokenPipeError), pipe.open("wb") as out:  # one may stop reading before
            for start in range(cut, len(content), 4096):
                out.write(content[start : start + 4096])

    threading.Thread(target=write, daemon=True).start()
    return str(pipe)


def write_damaged(path: Path, *, times: int) -> Path:
    """Write a clip (Matroska), and noise into one byte of sixty."""
    write_clip(path, times=times, codec="mjpeg", pixels="yuvj420p")
    content, random = bytearray(path.read_bytes()), np.random.default_rng(0)
    for place in random.integers(1500, len(content), len(content) // 60):
        content[place] = random.integers(256)
    path.write_bytes(content)
    return path
