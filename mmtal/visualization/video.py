"""Draw a recording's timeline into its video, and cut clips out (PyAV, which is optional)."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.structures import RecordingHits, RecordingView
from mmtal.utils.files import whole_file
from mmtal.utils.progress import progress
from mmtal.utils.video_reader import Video, open_video, opened, pyav
from mmtal.visualization.video_strip import State, VideoStrip

MP4: dict[str, Any] = dict(format="mp4", options={"movflags": "faststart"})
"""The table of contents comes first, so that a browser can start before the whole file."""

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
    hits: RecordingHits | None,
    *,
    score_thr: float = 0.3,
    warn: Callable[[str], None] = print,
) -> int:
    """Write the video with a strip below: instances, predictions, a cursor and what is seen now.

    Without ``hits`` (of a video that nobody has annotated) there are no instances.
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
    av = check_writer()
    video = open_video(source)
    length = video.duration
    if abs(length - view.duration) > _tolerance(view.duration):
        warn(
            f"{source} lasts {length:.1f} s, but recording '{view.video_id}' "
            f"{view.duration:.1f} s: is it the right video, and whole?"
        )
    scaled = _scaled(video)
    strip = VideoStrip(view, classes, hits, width=scaled[0], length=length, score_thr=score_thr)
    with (
        opened(source) as (container, stream),
        whole_file(target) as temporary,
        av.open(str(temporary), "w", **MP4) as out,
    ):
        composer = _Composer(av, video, scaled, strip)
        return _burn(video, container, stream, out, composer, length, warn)


def check_writer() -> Any:
    """PyAV; ImportError: it is not installed, ValueError: it cannot write videos."""
    av = pyav()
    if "libx264" not in av.codecs_available:
        raise ValueError(
            f"videos are written as H.264, but PyAV {av.__version__} lacks the encoder libx264: "
            "pip install --force-reinstall --only-binary av av"
        )
    return av


def cut_clips(
    source: str | Path,
    clips: Mapping[Path, tuple[float, float]],
    *,
    warn: Callable[[str], None] = print,
) -> None:
    """Write parts of a video, each an .mp4 of its own (H.264), whole or not at all.

    A clip begins with the picture that is shown at its start, and ends with the last that begins
    before its end: all are encoded again, at the times that they had. Sound is kept, as
    :func:`burn_timeline` does it. ``warn`` gets a text if the video is damaged.

    Args:
        source: Any video that FFmpeg reads.
        clips: Start and end of each in seconds, by the file to write.
    """
    av, video = check_writer(), open_video(source)
    for target, (start, end) in progress(list(clips.items()), len(clips), text="cutting clips"):
        with (
            opened(video.path) as (container, stream),
            whole_file(target) as temporary,
            av.open(str(temporary), "w", **MP4) as out,
        ):
            sound = _keep_sound(av, container, out)
            width, height = _scaled(video, 1)
            encoder = _encoder(out, stream, video.first, width, height)
            first: tuple[float, int] | None = None
            for seconds, frame in video.frames(start, warn=warn):
                if first and seconds >= end - video.rounding:
                    break
                first = first or (seconds, frame.pts)
                planes = _upright_planes(video, frame, width, height)
                whole = np.concatenate([plane.reshape(-1) for plane in planes])
                picture = av.VideoFrame.from_ndarray(whole.reshape(-1, width), format="yuv420p")
                picture.pts, picture.time_base = frame.pts - first[1], frame.time_base
                out.mux(encoder.encode(picture))
            out.mux(encoder.encode(None))
            if sound and first:
                begin = (video.origin or 0) * video.tick
                _cut_sound(av, container, sound, begin + first[0], begin + end, video.seeks)


def _cut_sound(
    av: Any, container: Any, sound: dict[int, Callable[[Any], None]], start: float, end: float,
    seeks: bool,
) -> None:  # fmt: skip
    """Pass the packets between two times on, so that time begins with the first of these."""
    tracks = [container.streams[index] for index in sound]
    if seeks:
        container.seek(max(int((start - 1) * av.time_base), 0))
    for packet in container.demux(*tracks):
        if packet.pts is None:
            continue
        seconds = float(packet.pts * packet.time_base)
        if seconds > end + 1:  # tracks are not at the same time in a file
            break
        if start <= seconds < end:
            index, shift = packet.stream.index, round(start / packet.time_base)
            packet.pts -= shift
            packet.dts = packet.pts if packet.dts is None else packet.dts - shift
            sound[index](packet)
    for track in tracks:
        last = av.Packet()
        last.stream = track
        sound[track.index](last)


def _burn(
    video: Video, container: Any, stream: Any, out: Any, composer: "_Composer", length: float,
    warn: Callable[[str], None],
) -> int:  # fmt: skip
    # All streams must be there before the first packet is written.
    sound = _keep_sound(composer.av, container, out)
    total = stream.frames or round(length * video.rate)
    width, height = composer.width, composer.height + composer.strip.height
    encoder = _encoder(out, stream, video.first, width, height)
    seconds, written = 0.0, 0
    frames = video.frames(source=(container, stream), sound=sound, warn=warn)
    for seconds, frame in progress(frames, total, text="drawing"):
        out.mux(encoder.encode(composer.compose(frame, seconds)))
        written += 1
    out.mux(encoder.encode(None))
    if length - seconds > _tolerance(length):
        warn(f"{video.path} should last {length:.1f} s, but its pictures end at {seconds:.1f} s")
    return written


class _Composer:
    """Pastes a frame and the strip into one picture, plane by plane (YUV 4:2:0)."""

    def __init__(self, av: Any, video: Video, scaled: tuple[int, int], strip: VideoStrip) -> None:
        self.av, self.video, self.strip = av, video, strip
        self.width, self.height = scaled
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
        above = _upright_planes(self.video, frame, self.width, self.height)
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


def _upright_planes(video: Video, frame: Any, width: int, height: int) -> list[np.ndarray]:
    """Planes Y, U, V of a frame as it is to be shown, in this size."""
    if video.turn[0]:
        width, height = height, width
    picture = frame.reformat(width=width, height=height, format="yuv420p")
    return [video.upright(plane) for plane in _planes(picture.to_ndarray(), width, height)]


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


def _scaled(video: Video, least_width: int = LEAST_WIDTH) -> tuple[int, int]:
    """Width and height to show the video in, both even, and wide enough for text."""
    factor = max(1.0, least_width / video.width)
    width, height = (max(round(side * factor / 2), 1) * 2 for side in (video.width, video.height))
    return width, height


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


def _tolerance(seconds: float) -> float:
    return max(1.0, DURATION_TOLERANCE * seconds)
