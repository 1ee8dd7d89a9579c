"""Clips cut out of videos: the pictures and the sound of a span, and nothing else."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import number_of, numbered, write_clip

from mmtal.utils.video_reader import open_video
from mmtal.visualization import video
from mmtal.visualization.video import cut_clips

av = pytest.importorskip("av", reason="needs PyAV: pip install av")


def cut(source: Path, start: float, end: float) -> tuple[list[int], list[float]]:
    """Numbers and times of the pictures of the clip."""
    target = source.with_name("clip.mp4")
    cut_clips(source, {target: (start, end)})
    times = [seconds for seconds, _ in open_video(target).frames()]
    shown = open_video(target).pictures(times)
    return [number_of(picture) for picture in shown], [round(t, 3) for t in times]


@pytest.mark.parametrize(
    ("ending", "settings"),
    [
        (".mp4", dict(options={"bf": "3", "g": "250"})),  # B-frames, no key picture in the span
        (".mkv", {}),
        (".avi", dict(codec="mpeg4")),  # no stamps of its own
        (".mpg", dict(codec="mpeg1video")),  # cannot be sought
        (".mp4", dict(turn=dict(degrees=180))),
    ],
)
def test_the_pictures_of_a_span_are_cut_out(ending: str, settings: Any, tmp_path: Path) -> None:
    if "turn" in settings:  # stored upside down
        stored = [numbered(number)[::-1, ::-1].copy() for number in range(100)]
        settings = dict(settings, pictures=stored)
    source = write_clip(tmp_path / f"a{ending}", times=100, **settings)
    first = number_of(next(open_video(source).pictures([0.0])))
    numbers, times = cut(source, 1.62, 2.0)  # 1.60 s is shown at 1.62 s; 2.00 s is no more
    assert numbers == [first + n for n in range(40, 50)]
    assert np.allclose(times, np.arange(10) / 25, atol=0.002)


def test_uneven_times_and_odd_starts_are_kept(tmp_path: Path) -> None:
    source = write_clip(
        tmp_path / "a.mkv", times=[1.5, 1.6, 1.9, 2.0, 2.5, 2.6], tick=Fraction(1, 1000)
    )
    assert cut(source, 0.2, 1.1) == ([1, 2, 3, 4], [0.0, 0.3, 0.4, 0.9])
    assert cut(source, 0.99, 1.0)[0] == [3], "one picture at least"
    assert cut(source, 7.0, 8.0)[0] == [5], "the last is still shown"


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_is_that_of_the_span(codec: str, tmp_path: Path) -> None:
    """A tone sounds from 1 s to 2 s; the clip begins half a second before it."""
    source, target = tmp_path / "a.mkv", tmp_path / "clip.mp4"
    wave = np.sin(np.arange(48000 * 3) * 2 * np.pi * 440 / 48000) * 20000
    wave[:48000] = wave[96000:] = 0
    with av.open(str(source), "w") as out:
        stream, sound = out.add_stream("libx264", rate=25), out.add_stream(codec, rate=48000)
        sound.layout = "mono"
        stream.height, stream.width, stream.pix_fmt = 32, 96, "yuv420p"
        for number in range(75):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            out.mux(stream.encode(frame.reformat(format="yuv420p")))
        out.mux(stream.encode(None))
        tone = av.AudioFrame.from_ndarray(wave[None].astype(np.int16), "s16", "mono")
        tone.sample_rate, tone.pts = 48000, 0
        resampler = av.AudioResampler(sound.format.name, "mono", 48000, frame_size=1024)
        for part in [*resampler.resample(tone), *resampler.resample(None)]:
            out.mux(sound.encode(part))
        out.mux(sound.encode(None))
    cut_clips(source, {target: (0.5, 2.5)})
    with av.open(str(target)) as file:
        heard = [(float(f.time), f.to_ndarray().astype(float)) for f in file.decode(audio=0)]
    loud = [time for time, values in heard if np.abs(values).max() > 0.1]
    assert (loud[0], loud[-1]) == pytest.approx((0.5, 1.5), abs=0.05)
    assert heard[-1][0] == pytest.approx(2.0, abs=0.1)


def test_without_an_encoder_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "codecs_available", {"h264"})
    with pytest.raises(ValueError, match=r"PyAV .* lacks the encoder libx264: pip install"):
        video.check_writer()
