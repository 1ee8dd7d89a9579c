"""From videos to features, and what the folder says of them."""

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from clips import HEIGHT, WIDTH, numbered, write_clip, write_damaged

from mmtal.cli.main import main
from mmtal.datasets.extraction import places_of, read_extraction, video_of, write_videos
from mmtal.experiments.extracting import execute, plan_extraction
from mmtal.models import Pixels

pytest.importorskip("av", reason="needs PyAV: pip install av")


def extract(folder: Path, **settings) -> np.ndarray:
    """The features of a clip of 4 s at 25 pictures a second."""
    video = write_clip(folder / "a.mkv", times=100, codec="ffv1", pixels="bgr0")  # lossless
    [job] = plan_extraction({"a": video}, folder / "f", backbone="pixels", **settings)
    found = execute(job)
    features = np.load(folder / "f" / "a.npy")
    assert found.features == len(features) and job.done
    return features


@pytest.mark.parametrize(
    ("why", "settings", "numbers"),
    [
        ("every picture", dict(fps=25, feature_stride=1, snippet_frames=1), range(100)),
        ("snippets that touch", dict(fps=25, feature_stride=4, snippet_frames=4), range(0, 97, 4)),
        ("that overlap", dict(fps=25, feature_stride=2, snippet_frames=5), range(0, 96, 2)),
        ("that leave gaps", dict(fps=25, feature_stride=40, snippet_frames=2), range(0, 99, 40)),
        ("fractions", dict(fps=25, feature_stride=6.25, snippet_frames=1),
         [6.25 * i for i in range(16)]),
    ],
)  # fmt: skip
def test_snippets_lie_on_the_grid(tmp_path: Path, why: str, settings: dict, numbers) -> None:
    found, length = extract(tmp_path, size=(HEIGHT, WIDTH), **settings), settings["snippet_frames"]
    expected = []
    for first in numbers:
        pictures = [numbered(int(first + 0.5) + i) for i in range(length)]
        frames = torch.from_numpy(np.stack(pictures))[None]
        expected.append(Pixels()(frames)[0].numpy())
    assert found.shape == (len(expected), 3 * HEIGHT * WIDTH)
    assert np.abs(found - np.array(expected)).max() < 0.01


def test_a_video_shorter_than_a_snippet_stands_at_its_end(tmp_path: Path) -> None:
    found = extract(tmp_path, fps=1, feature_stride=1, snippet_frames=8, size=(HEIGHT, WIDTH))
    shown = [numbered(number) for number in [12, 37, 62, 87, 99, 99, 99, 99]]
    expected = Pixels()(torch.from_numpy(np.stack(shown))[None])
    assert np.abs(found - expected.numpy()).max() < 0.01


def test_the_folder_says_what_was_done(tmp_path: Path) -> None:
    extract(tmp_path, fps=25, feature_stride=6.25, snippet_frames=4)
    found = read_extraction(tmp_path / "f")
    assert found and yaml.safe_load((tmp_path / "f" / "features.yaml").read_text()) == dict(
        backbone="pixels", weights=None, fps=25.0, feature_stride=6.25, snippet_frames=4,
        size=[12, 16],
    )  # fmt: skip
    assert places_of([tmp_path / "f"], None, None, None) == (6.25, 4, 25)
    assert places_of([tmp_path / "f"], 6.25, None, None) == (6.25, 4, 25)
    with pytest.raises(ValueError, match=r"features.yaml says .* feature_stride=6.25, but 6 is"):
        places_of([tmp_path / "f"], 6, None, None)
    with pytest.raises(ValueError, match=r"extracted with fps 25.0, not 8.0.*another --out"):
        plan_extraction(
            {}, tmp_path / "f", backbone="pixels", feature_stride=6.25, snippet_frames=4
        )


def test_the_folder_knows_its_videos(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    videos = {f"P1/{name}": tmp_path / "v" / f"{name}.mp4" for name in "ab"}
    for name, video in videos.items():
        video.touch()
        plan_extraction({name: video}, tmp_path / "f", backbone="pixels")  # one after the other
    folders = [tmp_path / "other", tmp_path / "f"]
    assert {n: video_of(folders, n).resolve() for n in videos} == videos
    moved = (tmp_path / "f").rename(tmp_path / "g")  # a folder beside the videos, as before
    assert video_of([moved], "P1/a").samefile(videos["P1/a"])
    videos["P1/a"].unlink()
    assert video_of([moved], "P1/a") is None and video_of([moved], "P1/c") is None


def test_features_of_another_video_of_the_name_are_not_taken(tmp_path: Path) -> None:
    videos = [tmp_path / day / "a.mp4" for day in ("one", "two")]
    for number, video in enumerate(videos):
        video.parent.mkdir()
        write_clip(video, times=10 + 40 * number)
    out = tmp_path / "f"
    [first] = plan_extraction({"a": videos[0]}, out, backbone="pixels")
    plan_extraction({"a": videos[1]}, out, backbone="pixels")  # nothing has been made of the other
    plan_extraction({"a": videos[0]}, out, backbone="pixels")
    execute(first)
    message = "the features of 'a' in .*f are those of .*one/a.mp4, not of .*two/a.mp4: give"
    with pytest.raises(ValueError, match=message):
        plan_extraction({"a": videos[1]}, out, backbone="pixels")
    copy = shutil.copy(videos[0], tmp_path / "a.mp4")
    plan_extraction({"a": Path(copy)}, out, backbone="pixels")


def test_a_damaged_list_of_videos_is_refused(tmp_path: Path) -> None:
    (tmp_path / "videos.json").write_text("[1]")
    message = r"videos.json must name a video file for each recording"
    with pytest.raises(ValueError, match=message):
        write_videos(tmp_path, {"a": tmp_path / "a.mp4"})
    with pytest.raises(ValueError, match=message):
        video_of([tmp_path], "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("backbone: pixels", "must have backbone, weights, fps"),
        ("[1, 2]", "must have backbone"),
        ("a: [", "cannot be read as YAML"),
        ("{backbone: p, weights: null, fps: 0, feature_stride: 1, snippet_frames: 1, size: 4}",
         "must be numbers > 0, but got"),
    ],
)  # fmt: skip
def test_a_damaged_sidecar_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "features.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_extraction(tmp_path)


def test_only_whole_files_and_only_what_is_missing(tmp_path: Path, monkeypatch) -> None:
    video = write_clip(tmp_path / "a.mp4", times=100)
    [job] = plan_extraction({"P1/a": video}, tmp_path / "f", backbone="pixels")
    calls: list[int] = []
    forward = Pixels.forward

    def killed(self, frames):
        calls.append(len(frames))
        if len(calls) == 1:
            raise KeyboardInterrupt
        return forward(self, frames)

    monkeypatch.setattr(Pixels, "forward", killed)
    with pytest.raises(KeyboardInterrupt):
        execute(job)
    assert not job.done and sorted(p.name for p in (tmp_path / "f").rglob("*.*")) == [
        "features.yaml", "videos.json",
    ]  # fmt: skip
    execute(job)
    assert job.done and job.out == tmp_path / "f" / "P1" / "a.npy"
    os.utime(video, (2e9, 2e9))  # a newer version
    assert not job.done


def test_only_features_of_its_own(tmp_path: Path) -> None:
    videos, out = {"a": write_clip(tmp_path / "a.mp4", times=5)}, tmp_path / "f"
    plan_extraction(videos, out, backbone="pixels", fps=5)
    [job] = plan_extraction(videos, out, backbone="pixels")  # nothing has been made of the other
    execute(job)
    with pytest.raises(ValueError, match=r"extracted with fps 8.0, not 5.0"):
        plan_extraction(videos, out, backbone="pixels", fps=5)
    (out / "features.yaml").unlink()
    with pytest.raises(ValueError, match=r"a.npy is there, but no features.yaml beside it says"):
        plan_extraction(videos, out, backbone="pixels")


@pytest.mark.slow  # starts processes
def test_one_video_may_be_named_as_a_pattern(tmp_path: Path, capsys) -> None:
    for name in ("a [1]", "a 1"):
        write_clip(tmp_path / f"{name}.mp4", times=5)
    out = tmp_path / "f"
    command = ["data", "extract", str(tmp_path), "--backbone", "pixels", "--out", str(out)]
    for only, count in [("a [1]", "1 video: 0"), ("a *", "2 videos: 1 done")]:
        main([*command, "--only", only])
        assert count in capsys.readouterr().out
    assert (out / "a [1].npy").is_file()


def test_damage_is_reported(tmp_path: Path) -> None:
    path = write_damaged(tmp_path / "a.mkv", times=50)
    [job] = plan_extraction({"a": path}, tmp_path / "f", backbone="pixels")
    assert re.search(r"pictures/s; .*a.mkv: \d+ damaged packets left out", str(execute(job)))


def test_a_bad_video_stops_no_other(tmp_path: Path, capsys) -> None:
    videos = tmp_path / "v"
    videos.mkdir()
    write_clip(videos / "good.mp4", times=50)
    (videos / "empty.mp4").touch()
    cut = write_clip(videos / "cut.mkv", times=500, codec="mpeg4")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    command = ["data", "extract", str(videos), "--backbone", "pixels", "--out", str(tmp_path / "f")]
    for counts in ("3 videos: 0 done, 3 to do", "3 videos: 1 done, 2 to do"):
        with pytest.raises(SystemExit) as exit_:
            main(command)
        out = capsys.readouterr().out
        assert exit_.value.code == 1 and counts in out
        assert (
            re.search(r"empty: FAILED .*0 bytes", out) and "2 videos could not be extracted" in out
        )
        assert re.search(
            r"cut: FAILED .*its pictures end at \d+\.\d+ s.*claims to last 20.00 s", out
        )
    assert [path.name for path in (tmp_path / "f").glob("*.npy")] == ["good.npy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.mp4"], "video none.mp4 does not exist"),
        (["a.mp4", "--backbone", "ConvNet"], "must make features of pictures.*pixels.*'ConvNet'"),
        (["a.mp4", "--backbone", "Pixel"], "Did you mean pixels"),
        (["a.mp4", "--backbone", "resnet50"], "as .*, timm/resnet50, .* but 'resnet50' does not"),
        (["a.mp4", "--weights", "w.pth", "--backbone", "pixels"], "w.pth does not exist"),
        (["a.mp4", "--stride", "0"], "feature_stride must be > 0, but got 0"),
        (["a.mp4", "--size", "0"], "size must be pixels .* all >= 1, but got 0"),
        (["a.mp4", "--size", "4", "-1"], r"size must be pixels .* but got \(4, -1\)"),
        (["a.mp4", "--snippet", "0"], "snippet_frames must be >= 1, but got 0"),
        (["a.mp4", "--size", "1", "2", "3"], "--size must be one number or two, but got 3"),
        (["a.mp4", "b/a.mp4"], "are both called 'a': give the folder"),
        (["**/*.mp4"], "are both called 'a': give the folder"),
        (["a.mp4", "a.mkv"], "a.mp4 and a.mkv are both called 'a': leave one out"),
        (["*.json*"], r"video \*.json\* does not exist"),
        (["a.mp4", "--size", "3", "4", "--backbone", "log_mel"], "one number of samples"),
        (["ann.json"], "1 recording such as 'x' without a video of its name"),
        (["a.mp4", "--only", "b*"], "--only must name a video, but none is called 'b.'"),
        (["empty"], "folder empty holds no video"),
    ],
)
def test_bad_input(tmp_path: Path, monkeypatch, capsys, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b", "empty"):
        Path(name).mkdir()
    for name in ("a.mp4", "b/a.mp4"):
        write_clip(Path(name), times=2)
    if "a.mkv" in arguments:
        shutil.copy("a.mp4", "a.mkv")
    Path("ann.json").write_text('{"database": {"x": {"subset": "t", "annotations": []}}}')
    command = arguments if "--backbone" in arguments else [*arguments, "--backbone", "pixels"]
    with pytest.raises(SystemExit) as exit_:
        main(["data", "extract", *command, "--out", "f"])
    assert exit_.value.code == 2
    assert re.search(message, capsys.readouterr().err)
