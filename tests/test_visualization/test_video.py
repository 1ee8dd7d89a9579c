"""Timelines burnt into videos; needs PyAV (pip install av)."""

import builtins
import importlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mmtal.evaluation.recording_hits import find_hits
from mmtal.structures import RecordingView
from mmtal.visualization import video
from mmtal.visualization.video import burn_timeline
from mmtal.visualization.video_strip import VideoStrip

CLASSES = ["run", "sit"]
VIEW = RecordingView(
    "a", 2.0, np.array([[0.5, 1.5]]), np.array([0]),
    np.array([[0.5, 1.4], [0.2, 0.4]]), np.array([0.9, 0.6]), np.array([0, 1]),
)  # fmt: skip
HITS = find_hits(VIEW)


@pytest.fixture
def av():
    return pytest.importorskip("av", reason="needs PyAV: pip install av")


def make_video(
    av, path: Path, *, width: int = 320, height: int = 180, frames: int = 20, audio: str = "",
    times: list[int] | None = None, rotation: int = 0, pixels: str = "yuv420p",
    aspect: Fraction = Fraction(1),
) -> Path:  # fmt: skip
    """10 frames a second (or at ``times``, in tenths), red on the left and blue on the right."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = picture[:, width // 2 :, 2] = 255
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.codec_context.time_base = Fraction(1, 10)
        stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        if audio:
            sound = out.add_stream(audio, rate=48000, layout="mono")
        for time in times or range(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = time, Fraction(1, 10)
            out.mux(stream.encode(frame))
        if audio:
            wave = np.zeros((1, 96000), np.int16)
            tone = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            tone.sample_rate, tone.pts = 48000, 0
            resampler = av.AudioResampler(sound.format.name, "mono", 48000, frame_size=1024)
            for part in [*resampler.resample(tone), *resampler.resample(None)]:
                out.mux(sound.encode(part))
            out.mux(sound.encode(None))
        out.mux(stream.encode(None))
    return path


def read(av, path: Path) -> tuple[list[float], list[np.ndarray], dict[str, str]]:
    """Times and pictures (RGB), and the codec of each kind of stream."""
    with av.open(str(path)) as file:
        codecs = {stream.type: stream.codec_context.codec.canonical_name for stream in file.streams}
        frames = list(file.decode(video=0))
    return [float(f.time) for f in frames], [f.to_ndarray(format="rgb24") for f in frames], codecs


def sound_packets(av, path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


def is_red(pixel: np.ndarray) -> bool:
    return pixel[0] > 200 and pixel[2] < 60


def test_the_strip_lies_below_and_its_cursor_moves(av, tmp_path: Path, capsys) -> None:
    source = make_video(av, tmp_path / "in.mp4", audio="aac")
    target = tmp_path / "out" / "out.mp4"
    assert burn_timeline(source, target, VIEW, CLASSES, HITS) == 20
    times, pictures, codecs = read(av, target)
    assert times == pytest.approx([i / 10 for i in range(20)])
    strip = VideoStrip(VIEW, CLASSES, HITS, width=320, length=2.0)
    assert pictures[0].shape == (180 + strip.height, 320, 3)
    assert is_red(pictures[5][90, 40]) and not is_red(pictures[5][90, 280])
    assert codecs == {"video": "h264", "audio": "aac"}
    assert sound_packets(av, target) == sound_packets(av, source)
    for index in (0, 8, 19):
        left, top, _ = strip.cursor(index / 10)[0]
        dark = pictures[index][180 + top].sum(axis=1) < 150
        assert abs(np.flatnonzero(dark).mean() - left - 0.5) < 2, index
    assert capsys.readouterr().out == ""  # no warning
    assert [path.name for path in target.parent.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize(
    ("why", "options", "size"),
    [
        ("portrait", dict(width=322, height=400), (322, 400)),
        ("turned by its metadata", dict(width=400, height=330, rotation=90), (330, 400)),
        ("odd sizes", dict(width=321, height=181, pixels="yuv444p"), (320, 180)),
        ("pixels that are no squares", dict(width=320, height=180, aspect=Fraction(2)), (640, 180)),
        ("too small for text", dict(width=64, height=48), (320, 240)),
    ],
)
def test_sizes(av, tmp_path: Path, why: str, options: dict, size: tuple[int, int]) -> None:
    source = make_video(av, tmp_path / "in.mp4", frames=3, **options)
    burn_timeline(source, tmp_path / "out.mp4", VIEW, CLASSES, HITS, warn=lambda _: None)
    _, pictures, _ = read(av, tmp_path / "out.mp4")
    strip = VideoStrip(VIEW, CLASSES, HITS, width=size[0], length=0.3)
    assert pictures[0].shape == (size[1] + strip.height, size[0], 3)
    picture = pictures[0][: size[1]]
    edge = picture[-8, size[0] // 2] if "rotation" in options else picture[size[1] // 2, 8]
    assert is_red(edge)


def test_uneven_times_are_kept(av, tmp_path: Path) -> None:
    times = [0, 1, 5, 6, 13, 20]
    source = make_video(av, tmp_path / "in.mp4", times=times)
    burn_timeline(source, tmp_path / "out.mp4", VIEW, CLASSES, HITS)
    assert read(av, tmp_path / "out.mp4")[0] == pytest.approx([t / 10 for t in times])


def test_sound_that_mp4_cannot_hold_becomes_aac(av, tmp_path: Path) -> None:
    source = make_video(av, tmp_path / "in.mkv", audio="pcm_s16le")
    burn_timeline(source, tmp_path / "out.mp4", VIEW, CLASSES, HITS)
    assert read(av, tmp_path / "out.mp4")[2] == {"video": "h264", "audio": "aac"}
    assert len(sound_packets(av, tmp_path / "out.mp4")) in range(90, 100)  # 96,000 / 1024


def test_another_length_than_annotated_is_told(av, tmp_path: Path) -> None:
    source = make_video(av, tmp_path / "in.mp4", frames=5)
    told: list[str] = []
    burn_timeline(source, tmp_path / "out.mp4", VIEW, CLASSES, HITS, warn=told.append)
    assert len(told) == 1 and "lasts 0.5 s, but recording 'a' 2.0 s" in told[0]


def test_damage_is_left_out_and_told(av, tmp_path: Path) -> None:
    source = make_video(av, tmp_path / "in.mkv", frames=200, audio="aac")
    view = RecordingView("a", 20.0)
    hits = find_hits(view)
    content = bytearray(source.read_bytes())
    half, told = len(content) // 2, []
    source.write_bytes(content[:half])
    number = burn_timeline(source, tmp_path / "out.mp4", view, CLASSES, hits, warn=told.append)
    assert 20 < number < 200 and len(read(av, tmp_path / "out.mp4")[0]) == number
    assert any("pictures end at" in text for text in told)
    random = np.random.default_rng(0)
    for place in random.integers(1500, len(content), len(content) // 60):
        content[place] = random.integers(256)
    source.write_bytes(content)
    told.clear()
    assert burn_timeline(source, tmp_path / "out.mp4", view, CLASSES, hits, warn=told.append) > 10
    assert any("left out" in text for text in told)


@pytest.mark.parametrize(
    ("source", "target", "error", "message"),
    [
        ("none.mp4", "out.mp4", FileNotFoundError, "video .*none.mp4 does not exist"),
        ("text.mp4", "out.mp4", ValueError, "text.mp4 cannot be read as a video"),
        ("cut.mp4", "out.mp4", ValueError, "cut.mp4 cannot be read as a video"),
        ("sound.mkv", "out.mp4", ValueError, "sound.mkv holds no pictures, but audio"),
        ("in.mp4", "out.avi", ValueError, "must end in .mp4, got '.*out.avi'"),
        ("in.mp4", "in.mp4", ValueError, "another file than it is read from"),
    ],
)
def test_bad_input(av, tmp_path: Path, source: str, target: str, error: type, message: str) -> None:
    whole = make_video(av, tmp_path / "in.mp4", frames=3).read_bytes()
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    with av.open(str(tmp_path / "sound.mkv"), "w") as out:
        sound = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        tone.sample_rate, tone.pts = 8000, 0
        out.mux(sound.encode(tone))
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(error, match=message):
        burn_timeline(tmp_path / source, tmp_path / target, VIEW, CLASSES, HITS)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "in.mp4").read_bytes() == whole


def test_without_pyav_the_error_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    (tmp_path / "in.mp4").touch()
    with pytest.raises(ImportError, match="pip install av"):
        burn_timeline(tmp_path / "in.mp4", tmp_path / "out.mp4", VIEW, CLASSES, HITS)
    assert "av" not in vars(video) and "av" not in vars(builtins)
