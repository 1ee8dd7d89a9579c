"""Sound of videos: the samples of a time, whatever the codec and where the tracks begin."""

from pathlib import Path

import numpy as np
import pytest
from clips import numbered, piped, write_clip

from mmtal.datasets.extraction import Extraction
from mmtal.models import LogMel
from mmtal.models.video import log_mel
from mmtal.preparation.extraction import extract_video
from mmtal.utils.live_source import LiveSource
from mmtal.utils.sound_reader import RATE, sound_at, sound_duration
from mmtal.utils.video_reader import open_video

av = pytest.importorskip("av", reason="needs PyAV: pip install av")


def with_tone(
    path: Path, *, codec: str, late: int = 0, rate: int = 48000, pictures: int = 100,
    layout: str = "mono",
) -> Path:  # fmt: skip
    """4 s of pictures; 1,000 Hz sound from 1 s to 2 s. ``late``: seconds at which sound begins."""
    wave = np.sin(np.arange(rate * 4) * 2 * np.pi * 1000 / rate) * 16000
    wave[:rate] = wave[2 * rate :] = 0
    wave = wave[late * rate :]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25) if pictures else None
        sound = out.add_stream(codec, rate=rate, layout=layout)
        if stream:
            stream.height, stream.width, stream.pix_fmt = 32, 96, "yuv420p"
            for number in range(pictures):
                frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
                out.mux(stream.encode(frame.reformat(format="yuv420p")))
            out.mux(stream.encode(None))
        tone = av.AudioFrame.from_ndarray(wave[None].astype(np.int16), "s16", "mono")
        tone.sample_rate, tone.pts = rate, late * rate
        resampler = av.AudioResampler(sound.format.name, layout, rate, frame_size=1024)
        for part in [*resampler.resample(tone), *resampler.resample(None)]:
            out.mux(sound.encode(part))
        out.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(
    ("ending", "settings"),
    [
        (".mkv", dict(codec="pcm_s16le")),
        (".mp4", dict(codec="aac")),
        (".mkv", dict(codec="pcm_s16le", late=1)),
        (".mkv", dict(codec="aac", rate=44100)),
        *[
            (ending, dict(codec=codec, pictures=0))
            for ending, codec in [
                (".wav", "pcm_s16le"), (".mp3", "libmp3lame"), (".flac", "flac"), (".m4a", "aac"),
                (".ogg", "libopus"), (".opus", "libopus"), (".aac", "aac"),
                (".aiff", "pcm_s16be"),
            ]
        ],
    ],
)  # fmt: skip
def test_sound_is_heard_at_its_time(ending: str, settings: dict, tmp_path: Path) -> None:
    path = with_tone(tmp_path / f"a{ending}", **settings)
    times = np.arange(0, 5, 0.1) + 0.05  # past the end, too
    loud = [np.abs(part).max() > 0.1 for part in sound_at(path, times, RATE // 10)]
    assert len(loud) == 50 and loud[11:19] == [True] * 8
    assert not any(loud[:9]) and not any(loud[21:])
    assert sound_duration(path) == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("name", ["a.mkv", "a.flv"])
def test_sound_may_outlast_the_pictures(name: str, tmp_path: Path) -> None:
    path = with_tone(tmp_path / name, codec="aac", rate=44100, pictures=50)
    video = open_video(path)
    assert video.claimed == pytest.approx(4, abs=0.1), "of both"
    assert video.duration == pytest.approx(2, abs=0.05)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 4])
    assert open_video(path).duration == pytest.approx(4, abs=0.1), "so that it is found to be cut"


@pytest.mark.parametrize(("ending", "codec"), [(".mp3", "libmp3lame"), (".aac", "aac")])
def test_damaged_sound_is_left_out(ending: str, codec: str, tmp_path: Path) -> None:
    path = with_tone(tmp_path / f"a{ending}", codec=codec, pictures=0)
    content = bytearray(path.read_bytes())
    for place in np.random.default_rng(0).integers(500, len(content) // 4, 40):
        content[place] = 0
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=rf"a{ending}: \d+ damaged packets? left out"):
        parts = list(sound_at(path, [1.5, 2.5], RATE // 10))
    assert [np.abs(part).max() > 0.1 for part in parts] == [True, False]


def test_channels_may_change(tmp_path: Path) -> None:
    one = with_tone(tmp_path / "a.aac", codec="aac", pictures=0)
    two = with_tone(tmp_path / "b.aac", codec="aac", layout="stereo", pictures=0)
    one.write_bytes(one.read_bytes() + two.read_bytes())
    heard = [np.abs(part).max() > 0.1 for part in sound_at(one, np.arange(0.5, 8), RATE // 10)]
    assert heard == [False, True, False, False] * 2


def test_a_live_clock_that_jumps(tmp_path: Path) -> None:
    path = with_tone(tmp_path / "a.ts", codec="aac", pictures=0)
    path.write_bytes(2 * path.read_bytes())
    parts = sound_at(LiveSource(piped(path)), np.arange(0.5, 9), RATE // 10)
    assert [np.abs(part).max() > 0.1 for part in parts] == [False, True, False, False] * 2


def test_log_mel_features_of_a_tone(tmp_path: Path) -> None:
    path = with_tone(tmp_path / "a.mkv", codec="pcm_s16le")
    kind, out = LogMel, tmp_path / "a.npy"
    settings = {n: getattr(kind, n) for n in ("fps", "feature_stride", "snippet_frames", "size")}
    extract_video(path, out, Extraction(backbone="log_mel", **settings), LogMel())
    feats = np.load(out)
    assert feats.shape == (16, 128) and feats.dtype == np.float32
    mel = np.linspace(*(2595 * np.log10(1 + np.array([125, 7500]) / 700)), 66)[1:-1]
    nearest = np.abs(700 * (10 ** (mel / 2595) - 1) - 1000).argmin()
    assert (feats[5:7, :64].argmax(1) == nearest).all()
    assert np.allclose(feats[[0, 1, 10, 15], :64], np.log(log_mel.FLOOR), atol=0.01)
    spread = feats[:, 64 + nearest]
    assert spread[3] > 0.1, "its last window reaches 7.5 ms into the tone"
    assert max(spread[2], *spread[4:7]) < 0.1


def test_a_video_without_sound_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a.mp4 has no sound: extract features of its pictures"):
        next(sound_at(write_clip(tmp_path / "a.mp4"), [0.0], 400))
    with pytest.raises(ValueError, match="size of log_mel must be one number of samples"):
        LogMel().check(25, (2, 3))
