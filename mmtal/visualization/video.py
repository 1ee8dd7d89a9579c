"""Draw a recording's timeline into its video (PyAV, which is optional)."""

import importlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.structures import RecordingHits, RecordingView
from mmtal.utils.files import whole_file
from mmtal.utils.progress import progress
from mmtal.visualization.video_strip import State, VideoStrip

LEAST_WIDTH = 320
"""Pixels; smaller pictures are enlarged, or the text could not be read."""

MP4_AUDIO = ("aac", "mp3", "ac3", "eac3", "opus", "flac", "alac")
"""Codecs that are copied as they are; others become AAC."""

AAC_RATE = 48_000

DURATION_TOLERANCE = 0.02
"""Share of the duration, at least 1 s, by which video and annotations may differ."""


def burn_timeline(
    source: str | Path,
    target: str | Path,
    view: RecordingView,
    classes: Sequence[str],
    hits: RecordingHits,
    *,
    score_thr: float = 0.3,
    warn: Callable[[str], None] = print,
) -> int:
    """Write the video with a strip below: instances, predictions, a cursor and what is seen now.

    Time 0 of the annotations is the first picture. Times of pictures are kept, also where they
    are uneven; sound is copied. One picture at a time is held, whatever the length. The source is
    any video that FFmpeg reads, turned as its metadata say; the target an .mp4 (H.264), written
    whole or not at all. ``warn`` gets a text if the video is not as long as annotated, ends early
    or is damaged. Returned is the number of pictures.
    """
    source, target = Path(source), Path(target)
    if target.suffix.lower() != ".mp4":
        raise ValueError(f"the video is written as MP4: its name must end in .mp4, got '{target}'")
    if not source.is_file():
        raise FileNotFoundError(f"video {source} does not exist")
    if target.exists() and target.samefile(source):
        raise ValueError(
            f"the video must be written to another file than it is read from ({target})"
        )
    av = _pyav()
    try:
        with av.open(str(source), metadata_errors="replace") as video:
            if not video.streams.video:
                kinds = {stream.type for stream in video.streams}
                raise ValueError(
                    f"{source} holds no pictures, but {', '.join(sorted(kinds)) or 'nothing'}"
                )
            length = _length(av, video)
            if length and abs(length - view.duration) > _tolerance(view.duration):
                warn(
                    f"{source} lasts {length:.1f} s, but recording '{view.video_id}' "
                    f"{view.duration:.1f} s: is it the right video, and whole?"
                )
            length = length or view.duration
            first = _first_frame(av, source)
            sizes = _sizes(first, video.streams.video[0].sample_aspect_ratio)
            strip = VideoStrip(
                view, classes, hits, width=sizes[1], length=length, score_thr=score_thr
            )
            # The table of contents comes first, so that a browser can start before the whole file.
            faststart = dict(format="mp4", options={"movflags": "faststart"})
            with whole_file(target) as temporary, av.open(str(temporary), "w", **faststart) as out:
                return _burn(video, out, first, _Composer(av, sizes, strip), length, warn)
    except (av.error.FFmpegError, UnicodeError) as error:
        raise ValueError(
            f"{source} cannot be read as a video, or not be written as MP4: {error}"
        ) from error


def _burn(
    video: Any, out: Any, first: Any, composer: "_Composer", length: float,
    warn: Callable[[str], None],
) -> int:  # fmt: skip
    av, stream = composer.av, video.streams.video[0]
    stream.thread_type = "AUTO"
    # All streams must be there before the first packet is written.
    encoder = _encoder(out, stream, first, composer.width, composer.height + composer.strip.height)
    damaged: list[Any] = []
    frames = _frames(av, video, stream, _keep_sound(av, video, out), damaged)
    total = stream.frames or round(length * (stream.average_rate or 25))
    start, seconds, written = None, 0.0, 0
    for frame in progress(frames, total, text="drawing"):
        start = frame.time if start is None else start
        seconds = frame.time - start
        out.mux(encoder.encode(composer.compose(frame, seconds)))
        written += 1
    out.mux(encoder.encode(None))
    if damaged:
        warn(f"{video.name}: {len(damaged)} damaged packets were left out")
    if length - seconds > _tolerance(length):
        warn(f"{video.name} should last {length:.1f} s, but its pictures end at {seconds:.1f} s")
    return written


def _first_frame(av: Any, source: Path) -> Any:
    """Tells what no header tells for sure: size, turn and colors."""
    with av.open(str(source), metadata_errors="replace") as video:
        for frame in video.decode(video=0):
            return frame
    raise ValueError(f"{source}: no picture can be decoded")


class _Composer:
    """Pastes a frame and the strip into one picture, plane by plane (YUV 4:2:0)."""

    def __init__(self, av: Any, sizes: tuple[tuple[int, int], int, int], strip: VideoStrip) -> None:
        self.av, self.strip = av, strip
        self.scaled, self.width, self.height = sizes
        self.state: State | None = None
        self.below: list[np.ndarray] = []

    def compose(self, frame: Any, seconds: float) -> Any:
        state = self.strip.state_at(seconds)
        if state != self.state:
            self.state = state
            rgb = np.asarray(self.strip.picture(state))
            strip = self.av.VideoFrame.from_ndarray(rgb, format="rgb24")
            strip = strip.reformat(format="yuv420p", dst_colorspace=frame.colorspace)
            self.below = _planes(strip.to_ndarray(), self.width, self.strip.height)
        width, height = self.scaled
        picture = frame.reformat(width=width, height=height, format="yuv420p")
        turns = round(frame.rotation / 90)
        above = [np.rot90(p, turns) for p in _planes(picture.to_ndarray(), width, height)]
        total = self.height + self.strip.height
        whole = np.empty((total * 3 // 2, self.width), dtype=np.uint8)
        for plane, top, bottom in zip(
            _planes(whole, self.width, total), above, self.below, strict=True
        ):
            plane[: len(top)] = top
            plane[len(top) :] = bottom
        self._draw_cursor(_planes(whole, self.width, total), seconds)
        out = self.av.VideoFrame.from_ndarray(whole, format="yuv420p")
        out.pts, out.time_base = frame.pts, frame.time_base
        return out

    def _draw_cursor(self, planes: list[np.ndarray], seconds: float) -> None:
        for left, top, bottom in self.strip.cursor(seconds):
            for plane, half, value in zip(planes, (1, 2, 2), (16, 128, 128), strict=True):
                rows = slice((self.height + top) // half, (self.height + bottom) // half)
                plane[rows, left // half : left // half + 2 // half] = value


def _planes(yuv: np.ndarray, width: int, height: int) -> list[np.ndarray]:
    """Views of the planes Y, U, V of a 4:2:0 picture (H * 3 / 2, W)."""
    flat = yuv.reshape(-1)
    luma, chroma = width * height, width * height // 4
    half = (height // 2, width // 2)
    return [
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(half),
        flat[luma + chroma : luma + 2 * chroma].reshape(half),
    ]


def _sizes(frame: Any, aspect: Any) -> tuple[tuple[int, int], int, int]:
    """Width and height to scale the frame to, and both as it is shown, all of them even.

    Pixels become square; a picture turned by 90 degrees swaps width and height.
    """
    width, height = frame.width * float(aspect or 1), float(frame.height)
    turned = round(frame.rotation / 90) % 2 == 1
    factor = max(1.0, LEAST_WIDTH / (height if turned else width))
    scaled = (round(width * factor / 2) * 2, max(round(height * factor / 2), 1) * 2)
    return (scaled, scaled[1], scaled[0]) if turned else (scaled, *scaled)


def _frames(
    av: Any, video: Any, stream: Any, sound: dict[int, Callable[[Any], None]], damaged: list[Any]
) -> Iterator[Any]:
    """The pictures in order of time; sound is passed on as it comes.

    Packets that cannot be decoded are added to ``damaged``.
    """
    last, count = None, 0
    rate = stream.average_rate or 25
    for packet in video.demux(stream, *(video.streams[index] for index in sound)):
        pictures: list[Any] = []
        try:
            if packet.stream.index == stream.index:
                pictures = packet.decode()
            else:
                sound[packet.stream.index](packet)
        except av.error.InvalidDataError:
            damaged.append(packet.pts)
        for frame in pictures:
            if frame.pts is None:  # files without times
                frame.time_base = stream.time_base
                frame.pts = round(count / rate / stream.time_base)
            count += 1
            if last is None or frame.pts > last:
                last = frame.pts
                yield frame


def _keep_sound(av: Any, video: Any, out: Any) -> dict[int, Callable[[Any], None]]:
    """What to do with the packets of each sound track."""
    tracks: dict[int, Callable[[Any], None]] = {}
    for track in video.streams.audio:
        if track.codec_context.name.removesuffix("float") in MP4_AUDIO:
            tracks[track.index] = _copier(out, out.add_stream_from_template(track))
        else:
            tracks[track.index] = _recoder(av, out, track)
    return tracks


def _copier(out: Any, copied: Any) -> Callable[[Any], None]:
    last: list[int] = []

    def copy(packet: Any) -> None:
        # Without a time: the end of the track. MP4 holds no steps back, which damaged files make.
        if packet.dts is not None and (not last or packet.dts > last[0]):
            last[:] = [packet.dts]
            packet.stream = copied
            out.mux(packet)

    return copy


def _recoder(av: Any, out: Any, track: Any) -> Callable[[Any], None]:
    layout = "mono" if track.codec_context.channels == 1 else "stereo"
    encoder = out.add_stream("aac", rate=AAC_RATE, layout=layout)
    resampler = av.AudioResampler("fltp", layout, AAC_RATE, frame_size=1024)

    def recode(packet: Any) -> None:
        for frame in packet.decode():
            for part in resampler.resample(frame):
                out.mux(encoder.encode(part))
        if packet.dts is None and not packet.size:
            for part in resampler.resample(None):
                out.mux(encoder.encode(part))
            out.mux(encoder.encode(None))

    return recode


def _encoder(out: Any, stream: Any, frame: Any, width: int, height: int) -> Any:
    encoder = out.add_stream("libx264", rate=stream.average_rate or 25)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.options = {"preset": "veryfast", "crf": "20"}
    encoder.codec_context.time_base = frame.time_base
    encoder.time_base = frame.time_base
    for name in ("colorspace", "color_primaries", "color_trc", "color_range"):
        setattr(encoder.codec_context, name, getattr(frame, name))
    return encoder


def _length(av: Any, video: Any) -> float:
    """Seconds; 0 if the file does not tell."""
    stream = video.streams.video[0]
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return (video.duration or 0) / av.time_base


def _tolerance(seconds: float) -> float:
    return max(1.0, DURATION_TOLERANCE * seconds)


def _pyav() -> Any:
    try:
        return importlib.import_module("av")
    except ImportError:
        raise ImportError("videos are read and written with PyAV: pip install av") from None
