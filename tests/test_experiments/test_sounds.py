"""Sound files alone, and sound beside pictures, from extraction to actions in a new recording."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from moving import make_videos

from mmtal.apis import TemporalActionInferencer
from mmtal.cli.main import main
from mmtal.datasets.extraction import places_of, read_extraction
from mmtal.experiments.auto_template import find_own_data, suggest_config
from mmtal.experiments.extracting import (
    default_backbone,
    execute,
    find_videos,
    plan_extraction,
    videos_of,
)
from mmtal.preparation.suggestion import Budget
from mmtal.preparation.verification import verify
from mmtal.utils.media_files import videos_in

sys.path.insert(0, str(Path(__file__).parent.parent / "test_inference"))
from inference_case import rows, save_model

av = pytest.importorskip("av", reason="needs PyAV: pip install av")
RATE = 16000


def write_sound(path: Path, times: list[list[float]], seconds: float, source: Path | None) -> None:
    """A tone at the times (s), beside the pictures of a video."""
    wave = np.full(round(RATE * seconds), 9.0)
    for start, end in times:
        wave[round(start * RATE) : round(end * RATE)] = 9000
    wave *= np.sin(np.arange(len(wave)) * 2 * np.pi * 700 / RATE)
    with av.open(str(path), "w") as out:
        pictures = av.open(str(source)) if source else None
        copied = out.add_stream_from_template(pictures.streams.video[0]) if pictures else None
        stream = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for packet in pictures.demux(video=0) if pictures else ():
            if packet.dts is not None:
                packet.stream = copied
                out.mux(packet)
        tone = av.AudioFrame.from_ndarray(wave[None].astype(np.int16), "s16", "mono")
        tone.sample_rate, tone.pts = RATE, 0
        out.mux([*stream.encode(tone), *stream.encode(None)])


def make_sounds(folder: Path, *, beside: bool) -> Path:
    """``make_videos`` with a tone while something rises: WAV alone, or in the videos."""
    make_videos(folder, num_train=6, num_test=2, seconds=20)
    database = json.loads((folder / "annotations.json").read_text())["database"]
    for name, entry in database.items():
        video = folder / "videos" / f"{name}.mp4"
        times = [a["segment"] for a in entry["annotations"] if a["label"] == "rise"]
        target = video.with_suffix(".mkv" if beside else ".wav")
        write_sound(target, times, 20, video if beside else None)
        video.unlink()
    return folder


def make_model(data: Path, features: list[Path], folder: Path) -> list[str]:
    """Config and checkpoint of an untrained model."""
    suggest_config(data / "annotations.json", features, folder / "c.py", name="m", budget=Budget())
    classes = sorted(("rise", "fall", "right"))
    extractions = [read_extraction(one).to_dict() for one in features]
    width = sum(np.load(one / "rec_0.npy").shape[1] for one in features)
    meta = dict(
        dataset_meta=dict(classes=classes, extractions=extractions),
        feature_statistics=dict(mean=[0.0] * width, std=[1.0] * width),
    )
    return [str(folder / "c.py"), str(save_model(folder / "c.py", folder / "m.pth", meta=meta))]


def test_sound_files_alone(tmp_path: Path, capsys) -> None:
    data = make_sounds(tmp_path / "d", beside=False)
    annotations, features = data / "annotations.json", data / "features"
    sounds = find_videos([data / "videos"])
    for job in plan_extraction(sounds, features, backbone=default_backbone(sounds.values())):
        execute(job)
    assert find_own_data(data) == (annotations, [features])
    assert read_extraction(features).backbone == "log_mel"
    report = verify(annotations, features=[features])
    assert report.ok, report.format()
    feats = np.load(features / "rec_0.npy")
    assert feats.shape == (80, 128)
    rises = [
        a["segment"]
        for a in json.loads(annotations.read_text())["database"]["rec_0"]["annotations"]
        if a["label"] == "rise"
    ]
    centers = (np.arange(80) + 0.5) / 4
    inside = np.any([(start < centers) & (centers < end) for start, end in rises], axis=0)
    assert ((feats[:, :64].max(1) > -5) == inside).mean() > 0.95
    model = make_model(data, [features], tmp_path)
    [expected] = TemporalActionInferencer(*model)(features / "rec_0.npy")
    [found] = TemporalActionInferencer(*model)(data / "videos" / "rec_0.wav")
    assert len(found) > 0 and np.allclose(rows(found), rows(expected))
    burnt, out = str(tmp_path / "b.mp4"), str(tmp_path / "g")
    with pytest.raises(SystemExit):
        main(["infer", *model, str(data / "videos" / "rec_0.wav"), "--burn", burnt])
    assert re.search(r"only videos .*rec_0.wav is none", capsys.readouterr().err)
    with pytest.raises(SystemExit):
        main(["data", "extract", str(data / "videos"), "--backbone", "pixels", "--out", out])
    assert "holds no pictures, but audio; log_mel is the backbone" in capsys.readouterr().out


def test_sound_beside_pictures(tmp_path: Path) -> None:
    """Two sources of one recording, on grids that agree in seconds alone."""
    data = make_sounds(tmp_path / "d", beside=True)
    features = [data / "features" / name for name in ("pictures", "sound")]
    for folder, backbone in zip(features, ("pixels", "log_mel"), strict=True):
        videos = videos_of(data / "annotations.json", data)
        for job in plan_extraction(videos, folder, backbone=backbone):
            execute(job)
    assert find_own_data(data) == (data / "annotations.json", features)
    assert places_of(features, None, None, None) == (2, 2, 8)
    report = verify(data / "annotations.json", features=features)
    assert report.ok, report.format()
    model = make_model(data, features, tmp_path)
    dataset = Config.fromfile(model[0]).train_dataloader.dataset
    assert (dataset.feature_stride, dataset.snippet_frames, dataset.fps) == (2, 2, 8)
    infer = TemporalActionInferencer(*model)
    [expected] = infer(tuple(folder / "rec_0.npy" for folder in features))
    [found] = infer(data / "videos" / "rec_0.mkv")
    assert len(found) > 0 and np.allclose(rows(found), rows(expected))


def test_sources_of_other_grids_are_refused(tmp_path: Path) -> None:
    plan_extraction({}, tmp_path / "a", backbone="pixels")
    for place, settings in {
        "--stride and --snippet that are 0.25 and 0.25 s": dict(feature_stride=50),
        "first in the middle of 0.75 s": dict(snippet_frames=75),
    }.items():
        folder = tmp_path / str(len(settings)) / next(iter(settings))
        plan_extraction({}, folder, backbone="log_mel", **settings)
        with pytest.raises(ValueError, match=place):
            places_of([tmp_path / "a", folder], None, None, None)


def test_videos_come_before_sounds(tmp_path: Path) -> None:
    for name in ("a.wav", "a.mp4", "b.wav"):
        (tmp_path / name).touch()
    assert [path.name for path in videos_in(tmp_path).values()] == ["a.mp4"]
    (tmp_path / "a.mp4").unlink()
    assert sorted(videos_in(tmp_path)) == ["a", "b"]
