"""Videos as they come: every picture is found at its own time, however the file is made."""

import importlib
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import number_of, numbered, write_clip, write_damaged, write_sound

from mmtal.utils.media_files import videos_in
from mmtal.utils.video_reader import Video, open_video

pytest.importorskip("av", reason="needs PyAV: pip install av")

EVEN = [number / 25 for number in range(60)]
LATE = [3 + time for time in EVEN]
NTSC = [number * 1001 / 30000 for number in range(60)]
UNEVEN = [number / 30 if number < 30 else 1 + (number - 30) / 10 for number in range(60)]
B_FRAMES = {"bf": "3", "g": "12"}
GIF = dict(codec="gif", pixels="rgb8", tick=Fraction(1001, 30000))
OPEN_GOP = {"x264-params": "open-gop=1:keyint=12:bframes=3"}


@pytest.mark.parametrize(
    ("why", "name", "times", "settings"),
    [
        ("pictures stored out of order", "a.mp4", EVEN, dict(options=B_FRAMES)),
        ("stamps rounded to milliseconds", "a.mkv", NTSC, dict(tick=Fraction(1001, 30000))),
        ("stamps rounded to hundredths", "a.gif", NTSC, GIF),
        ("an odd start", "late.mp4", LATE, dict(options=B_FRAMES)),
        ("an odd start, counted in the length", "late.mkv", LATE, dict(options=B_FRAMES)),
        ("a broadcast's clock", "late.ts", [t + 1000 for t in EVEN], dict(options=B_FRAMES)),
        ("a variable rate", "uneven.mp4", UNEVEN, dict(tick=Fraction(1, 30), options=B_FRAMES)),
        ("one key picture", "long.mp4", EVEN, dict(options={"g": "250"})),
        ("pictures before their key picture", "open.mp4", EVEN, dict(options=OPEN_GOP)),
        ("the same, sought by bytes", "open.ts", EVEN, dict(options=OPEN_GOP)),
        ("no key pictures", "intra.mp4", EVEN, dict(options={"x264-params": "intra-refresh=1"})),
        ("times of decoding only", "h264.avi", EVEN, dict(options=B_FRAMES)),
        ("few times", "old.mpg", EVEN, dict(codec="mpeg2video", options={"bf": "2", "g": "12"})),
        ("one time for many", "few.mpg", EVEN, dict(options=B_FRAMES)),
        ("no times", "raw.h264", EVEN, dict(options=B_FRAMES)),
        ("mpeg4 in AVI", "m.avi", EVEN, dict(codec="mpeg4", options={"bf": "2", "g": "12"})),
        ("Windows Media", "m.asf", EVEN, dict(codec="wmv2")),
        ("television", "m.mxf", EVEN, dict(codec="mpeg2video", options={"bf": "2", "g": "12"})),
        ("photos", "m.mov", EVEN, dict(codec="mjpeg", pixels="yuvj420p")),
        ("VP8", "a.webm", EVEN, dict(codec="libvpx", options={"deadline": "realtime"})),
    ],
)
def test_each_picture_at_its_time(
    tmp_path: Path, why: str, name: str, times: list[float], settings: dict
) -> None:
    path = write_clip(tmp_path / name, times=times, **settings)
    assert videos_in(tmp_path) == {path.stem: path}
    video, times = open_video(path), [time - times[0] for time in times]
    assert [number_of(picture) for picture in video.pictures(times)] == list(range(60))
    stamps = [seconds for seconds, _ in video.frames()]
    assert stamps == pytest.approx(times, abs=0.006 if name == "a.gif" else 0.0006)
    for number in np.random.default_rng(0).permutation(60)[:12]:  # sought
        found = video.pictures([times[number]], warn=pytest.fail)
        assert number_of(next(found)) == number
    assert video.duration == pytest.approx(times[-1], abs=0.25)


def test_the_picture_that_is_shown(tmp_path: Path) -> None:
    video = open_video(write_clip(tmp_path / "a.mp4", times=[0, 0.2, 1.0], tick=Fraction(1, 5)))
    times = [-1, 0, 0.1, 0.1999, 0.2, 0.5, 0.99, 1.0, 1.5]
    shown = [number_of(picture) for picture in video.pictures(times)]
    assert shown == [0, 0, 0, 1, 1, 1, 1, 2, 2]


def test_ten_hours_are_sought_not_decoded(tmp_path: Path, monkeypatch) -> None:
    times = [30.0 * number for number in range(1201)]
    path = write_clip(tmp_path / "a.mp4", times=times, tick=Fraction(1, 2), options={"g": "10"})
    decoded: list[float] = []
    decode = Video._decode

    def counted(*args):
        for frame in decode(*args):
            decoded.append(frame[0])
            yield frame

    monkeypatch.setattr(Video, "_decode", counted)
    video = open_video(path)
    assert [number_of(p) for p in video.pictures([35_970, 36_000])] == [1199, 1200]
    assert len(decoded) < 15
    assert [number_of(p) for p in video.pictures([60, 18_000, 36_000])] == [2, 600, 1200]
    assert len(decoded) < 60


TURNS = [(degrees, flip) for degrees in (0, 90, 180, 270) for flip in (False, True)]


@pytest.mark.parametrize(("degrees", "flip"), TURNS)
def test_pictures_are_turned_and_mirrored(tmp_path: Path, degrees: int, flip: bool) -> None:
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[:16, :32] = 255  # the left upper quarter is white
    turn = dict(degrees=degrees, hflip=flip)
    video = open_video(write_clip(tmp_path / "a.mp4", pictures=[picture], times=1, turn=turn))
    found = next(video.pictures([0]))
    expected = np.rot90(picture, degrees // 90)
    expected = expected[:, ::-1] if flip else expected
    assert found.shape == expected.shape == (video.height, video.width, 3)
    assert np.abs(found.astype(int) - expected).mean() < 8


@pytest.mark.parametrize(
    ("why", "size", "settings", "shape"),
    [
        ("as it is", None, {}, (32, 96)),
        ("the shorter side", 16, {}, (16, 48)),
        ("the shorter side of a turned one", 16, dict(turn=dict(degrees=90)), (48, 16)),
        ("both", (20, 30), dict(turn=dict(degrees=90)), (20, 30)),
        ("pixels that are no squares", None, dict(aspect=Fraction(2)), (32, 192)),
    ],
)
def test_sizes(tmp_path: Path, why: str, size, settings: dict, shape: tuple[int, int]) -> None:
    video = open_video(write_clip(tmp_path / "a.mp4", times=2, **settings))
    assert next(video.pictures([0], size=size)).shape == (*shape, 3)


def test_a_size_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    video = open_video(write_clip(tmp_path / "a.mp4", times=2))
    message = "a.mp4: no picture of 300000 x 100000 pixels can be made of its 96 x 32"
    with pytest.raises(ValueError, match=message):
        next(video.pictures([0], size=100_000))


def test_without_a_length_the_stamps_tell(tmp_path: Path) -> None:
    import av

    whole = write_clip(tmp_path / "a.mkv", times=UNEVEN, tick=Fraction(1, 30))
    with open(tmp_path / "live.mkv", "wb") as file, av.open(str(whole)) as source:
        live = av.open(file, "w", format="matroska", options={"live": "1"})
        stream = live.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                live.mux(packet)
        live.close()
    video = open_video(tmp_path / "live.mkv")
    assert video.claimed is None
    assert video.duration == pytest.approx(UNEVEN[-1], abs=0.15)


@pytest.mark.parametrize("name", ["cut.mkv", "cut.ts", "cut.avi"])
def test_pictures_that_a_cut_file_lacks(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, times=500, options=B_FRAMES, codec="mpeg4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    video = open_video(path)
    pictures = video.pictures(np.arange(500) / 25, warn=lambda text: None)
    numbers: list[int] = []
    with pytest.raises(ValueError, match=rf"{name}: its pictures end at .* s, but one at .* s was"):
        numbers.extend(map(number_of, pictures))
    number = len(list(video.frames(warn=lambda text: None)))
    assert 100 < number < 400
    assert [number_of(p) for p in video.pictures(np.arange(number - 2) / 25)] == list(
        range(number - 2)
    )


def test_damage_is_reported(tmp_path: Path) -> None:
    path = write_damaged(tmp_path / "a.mkv", times=200)
    reported: list[str] = []
    assert len(list(open_video(path).frames(warn=reported.append))) > 10
    list(open_video(path).pictures([0, 5], warn=reported.append))
    assert [re.sub(r".*a.mkv: \d+ damaged packets.*", "damaged", text) for text in reported] == [
        "damaged"
    ] * 2


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("none.mp4", FileNotFoundError, "video .*none.mp4 does not exist"),
        ("empty.mp4", ValueError, "empty.mp4 cannot be read as a video: it has 0 bytes"),
        ("text.mp4", ValueError, "text.mp4 cannot be read as a video: .*ffmpeg -i OLD NEW.mp4"),
        ("cut.mp4", ValueError, "cut.mp4 cannot be read as a video"),
        ("sound.mkv", ValueError, "sound.mkv holds no pictures, but audio"),
        ("cover.mp3", ValueError, "cover.mp3 holds no pictures, but audio"),
    ],
)
def test_bad_input(tmp_path: Path, name: str, error: type, message: str) -> None:
    import av

    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video")
    whole = write_clip(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    sound = write_sound(tmp_path / "sound.mkv")
    if name == "cover.mp3":
        with av.open(str(sound)) as source, av.open(str(tmp_path / name), "w") as out:
            track = out.add_stream("libmp3lame", rate=16000, layout="mono")
            cover = out.add_stream("png")
            cover.width, cover.height, cover.pix_fmt = 96, 32, "rgb24"
            cover.disposition = av.stream.Disposition.attached_pic
            picture = av.VideoFrame.from_ndarray(numbered(1), format="rgb24")
            for packet in cover.encode(picture):
                out.mux(packet)
            for frame in source.decode(audio=0):
                out.mux(track.encode(frame))
            out.mux(track.encode(None))
    with pytest.raises(error, match=message):
        open_video(tmp_path / name)


def test_without_pyav_the_error_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match="pip install av"):
        open_video(tmp_path / "in.mp4")


def test_files_that_differ_in_their_endings_are_not_mixed_up(tmp_path: Path) -> None:
    (tmp_path / ".trash").mkdir()
    (tmp_path / "folder.mp4").mkdir()
    for name in ("a.mp4", "b.mkv", "a.txt", "e\u0301.mp4", "._a.mp4", ".trash/a.mp4"):
        (tmp_path / name).touch()
    assert list(videos_in(tmp_path)) == ["a", "b", "\xe9"]
    (tmp_path / "a.MKV").touch()
    with pytest.raises(ValueError, match=r"a.MKV and .*a.mp4 are both called 'a': rename one"):
        videos_in(tmp_path)
