"""Live sources: what a pipe shows is what the file shows; sounds, devices, clocks that jump."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import number_of, piped, write_clip, write_sound

from mmtal.utils.live_source import LiveSource, is_live
from mmtal.utils.sound_reader import sound_at
from mmtal.utils.video_reader import open_video

pytest.importorskip("av", reason="needs PyAV: pip install av")


UNEVEN = [0, 0.04, 0.3, 0.34, 0.9, 1.0, 1.5, 1.54, 2.0, 2.5]


@pytest.mark.parametrize(
    ("why", "ending", "settings"),
    [
        ("a transport stream, which begins at 1.4 s, with B-frames", ".ts", dict(times=60)),
        ("Matroska", ".mkv", dict(times=60)),
        ("uneven times", ".mkv", dict(times=UNEVEN, tick=Fraction(1, 1000))),
        ("frames without stamps", ".h264", dict(times=60)),
    ],
)
def test_a_pipe_shows_what_the_file_shows(tmp_path: Path, why: str, ending: str, settings) -> None:
    path = write_clip(tmp_path / f"a{ending}", **settings)
    times = np.arange(0, 2.3, 0.1) + 0.05
    expected = [number_of(picture) for picture in open_video(path).pictures(times)]
    found = [number_of(picture) for picture in LiveSource(piped(path)).pictures(times)]
    assert found == expected
    # all that comes, until it ends
    forever = (0.1 * step + 0.05 for step in range(10**6))
    rest = [number_of(picture) for picture in LiveSource(str(path)).pictures(forever)]
    assert rest[: len(expected)] == expected and 23 <= len(rest) <= 26


def test_one_joins_in_the_middle(tmp_path: Path) -> None:
    options = dict(g="10", bf="0")
    path = write_clip(tmp_path / "a.ts", times=100, options=options)
    cut = path.stat().st_size // 2 // 188 * 188
    forever = (0.04 * step + 0.02 for step in range(10**6))
    shown = LiveSource(piped(path, cut=cut), format="mpegts").pictures(forever)
    found = [number_of(picture) for picture in shown]
    assert found == list(range(found[0], 100)) and 20 < found[0] < 80


def test_a_clock_that_jumps(tmp_path: Path) -> None:
    a = write_clip(tmp_path / "a.ts", times=20)
    b = write_clip(tmp_path / "b.ts", times=20)  # begins at the same stamp as a
    both = tmp_path / "c.ts"
    both.write_bytes(a.read_bytes() + b.read_bytes())
    forever = (0.04 * step + 0.02 for step in range(10**6))
    found = [number_of(picture) for picture in LiveSource(str(both)).pictures(forever)]
    assert found[:19] == list(range(19)) and found[-10:] == list(range(10, 20))
    assert 38 <= len(found) <= 41


def test_sound_ends_with_its_source(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", seconds=1.5)
    forever = (0.1 * step + 0.05 for step in range(10**6))
    found = list(sound_at(LiveSource(piped(path)), forever, 400))
    assert len(found) == 15 and all(np.abs(part).max() > 0.5 for part in found)


@pytest.mark.parametrize(
    ("source", "live"),
    [
        ("rtsp://camera/1", True), ("http://a/b.mp4", True), ("pipe:", True), ("pipe:3", True),
        ("/dev/null", True), ("a.mp4", False), ("folder", False), (__file__, False),
    ],
)  # fmt: skip
def test_what_is_live(source: str, live: bool) -> None:
    assert is_live(source) == live


@pytest.mark.parametrize(
    ("address", "settings", "message"),
    [
        ("/dev/null", {}, r"/dev/null cannot be read as a live source"),
        ("none.mkv", {}, r"none.mkv cannot be read as a live source: .*No such file"),
        ("s.wav", {}, r"s.wav .*holds no pictures, but audio; log_mel"),
        ("s.wav", dict(format="nonsense"), r"s.wav cannot be read as a live source.*nonsense"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, monkeypatch, address, settings, message) -> None:
    monkeypatch.chdir(tmp_path)
    write_sound(tmp_path / "s.wav")
    with pytest.raises(ValueError, match=message):
        list(LiveSource(address, **settings).pictures([0.0]))
