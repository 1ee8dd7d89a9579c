"""From files to the page, subtitles and videos."""

import json
import re
from pathlib import Path

import pytest

from mmtal.cli.main import build_parser


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Annotations of train/1, a and b (test), c (other); results of a, train/1 and a stranger."""
    instance = dict(label="run", segment=[1, 2])
    database = {
        "train/1": dict(subset="train", duration=9.0, annotations=[instance]),
        "a": dict(subset="test", duration=9.0, annotations=[instance]),
        "b": dict(subset="test", duration=9.0, annotations=[instance]),
        "c": dict(subset="other", duration=9.0, annotations=[]),
    }
    found = [dict(label="run", segment=[1, 2], score=0.9)]
    results = {"a": found, "train/1": [], "stranger": found}
    (tmp_path / "ann.json").write_text(json.dumps(dict(database=database)))
    (tmp_path / "res.json").write_text(json.dumps(dict(results=results)))
    return tmp_path / "ann.json", tmp_path / "res.json"


def show(word: str, ann: Path, out: Path, *arguments: object) -> Path:
    """Run ``mmtal show WORD`` so that its errors come here; returns ``out``."""
    words = ["show", word, *arguments, "--ann", ann, "--out", out]
    args = build_parser().parse_args(list(map(str, words)))
    args.command.run(args)
    return out


def shown(path: Path) -> list[str]:
    return re.findall(r'\{"id":"([^"]*)"', path.read_text())


def test_the_page_shows_what_was_meant(files: tuple[Path, Path], tmp_path: Path) -> None:
    ann, res = files
    assert shown(show("page", ann, tmp_path / "1.html")) == ["train/1", "a", "b", "c"]
    assert shown(show("page", ann, tmp_path / "2.html", res)) == ["train/1", "a"]
    path = show("page", ann, tmp_path / "3.html", res, "--subset", "test", "--allow-partial")
    assert shown(path) == ["a", "b"]  # nothing predicted in b: all of it is missed
    text = path.read_text()
    assert "Results of 1 of 2 recordings; the others count as empty." in text
    with pytest.raises(ValueError, match="holds results of 1 of 2 recordings, not of 'b'"):
        show("page", ann, tmp_path / "4.html", res, "--subset", "test")
    assert "Left out: 2 recordings of the results, such as &#39;train/1&#39;, that these" in text
    assert "<title>res, ann, test</title>" in text


def test_the_page_plays_files_named_after_recordings(files, tmp_path: Path) -> None:
    ann, _ = files
    media = tmp_path / "my media"
    media.mkdir()
    for name in ("a.mp4", "train%2F1.wav", "stranger.mp4", "b.txt"):
        (media / name).touch()
    text = show("page", ann, tmp_path / "pages" / "1.html", "--media", media).read_text()
    assert re.findall(r'"media":"([^"]*)"', text) == [
        "../my%20media/train%252F1.wav", "../my%20media/a.mp4",
    ]  # fmt: skip
    (media / "train").mkdir()
    (media / "train" / "1.mp4").touch()
    text = show("page", ann, tmp_path / "4.html", "--media", media).read_text()
    assert '"media":"my%20media/train/1.mp4"' in text  # in a folder, as the name says
    one = media / "stranger.mp4"
    text = show("page", ann, tmp_path / "2.html", "--subset", "other", "--media", one).read_text()
    assert '"media":"my%20media/stranger.mp4"' in text  # the only recording, whatever the name
    with pytest.raises(ValueError, match=r"recordings, such as 'train/1\.mp4', but"):
        show("page", ann, tmp_path / "3.html", "--media", one)
    with pytest.raises(FileNotFoundError, match="--media must be a file or a folder, but there"):
        show("page", ann, tmp_path / "3.html", "--media", tmp_path / "nowhere")
    assert not (tmp_path / "3.html").exists()


@pytest.mark.parametrize(
    ("point", "given", "threshold"),
    [(dict(score_thr=0.42), None, 0.42), (None, None, 0.3), (dict(score_thr=0.42), 0.1, 0.1)],
)
def test_the_threshold_is_that_of_the_results(files, tmp_path, point, given, threshold) -> None:
    ann, res = files
    content = json.loads(res.read_text())
    res.write_text(json.dumps(dict(content, mmtal=dict(operating_point=point))))
    option = [] if given is None else ["--score-thr", given]
    text = show("page", ann, tmp_path / "1.html", res, *option).read_text()
    assert f'"threshold":{threshold},' in text


def test_subtitles_of_all_and_of_one(files: tuple[Path, Path], tmp_path: Path) -> None:
    ann, res = files
    show("subtitles", ann, tmp_path / "subs", "--format", "srt")
    assert sorted(p.name for p in (tmp_path / "subs").iterdir()) == [
        "a.srt", "b.srt", "c.srt", "train%2F1.srt",
    ]  # fmt: skip
    assert (tmp_path / "subs" / "c.srt").read_text() == ""
    one = show("subtitles", ann, tmp_path / "x.VTT", res, "--recording", "a").read_text()
    assert one.splitlines()[0] == "WEBVTT" and "found: run 0.90" in one
    show("subtitles", ann, tmp_path / "one", res, "--recording", "a")
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["a.vtt"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("page page.png", "must end in .html, but got"),
        ("page p.html --subset x", "subset 'x' does not occur"),
        (
            "page p.html {res} --subset other",
            "about other recordings than .*subset other: for instance 'a' and 'c'",
        ),
        ("subtitles a.srt", "--out must be a folder"),
        (
            "subtitles a.srt --recording train/2",
            "recording 'train/2' is not among the 4 of .*did you mean 'train/1'",
        ),
        ("video v.mp4 --video d.mp4", "recording 'd' is not among the 4"),  # the file's name
        (
            "video v.mp4 {res} --video v.mp4 --recording b",
            "recording 'b' is not among the 2 of .*ann.json and .*res.json",
        ),
    ],
)
def test_bad_input_is_one_error_and_leaves_nothing(files, tmp_path: Path, line, message) -> None:
    (ann, res), out = files, tmp_path / "out"
    word, name, *rest = line.format(res=res).split()
    with pytest.raises(ValueError, match=message):
        show(word, ann, out / name, *rest)
    assert not out.exists()
