"""Subtitles for any player."""

import re
from itertools import pairwise

import numpy as np
import pytest

from mmtal.structures import RecordingView
from mmtal.visualization.subtitles import LEAST, count_short, cues_of, subtitles

CLASSES = ["run", "a <b> & {c}\n--> x"]


def view(gt=(), gt_labels=(), pred=(), scores=(), labels=(), duration=20.0) -> RecordingView:
    return RecordingView(
        "a",
        duration,
        np.array(gt, dtype=float).reshape(-1, 2),
        np.array(gt_labels, dtype=int),
        np.array(pred, dtype=float).reshape(-1, 2),
        np.array(scores, dtype=float),
        np.array(labels, dtype=int),
    )


@pytest.mark.parametrize(
    ("why", "recording", "cues"),
    [
        ("nothing", view(), []),
        ("one", view([[1, 2.5]], [0]), [(1000, 2500, ["run"])]),
        ("touching ones stay two", view([[1, 2], [2, 3]], [0, 0]), [
            (1000, 2000, ["run"]), (2000, 3000, ["run"]),
        ]),
        ("overlap is a subtitle of its own", view([[1, 3], [2, 4]], [0, 0]), [
            (1000, 2000, ["run"]), (2000, 3000, ["run", "run"]), (3000, 4000, ["run"]),
        ]),
        ("empty, reversed, outside", view([[1, 1], [3, 2], [-2, -1], [30, 40]], [0] * 4), []),
        ("cut at both ends", view([[-1, 25]], [0]), [(0, 20000, ["run"])]),
        ("0.3 ms last half a second", view([[1, 1.0003]], [0]), [(1000, 1500, ["run"])]),
        ("also at the end", view([[19.9, 20]], [0]), [(19500, 20000, ["run"])]),
        ("short ones share one; a gap stays", view([[1, 1.1], [1.2, 1.3], [3, 4]], [0] * 3), [
            (1000, 1500, ["run", "run"]), (3000, 4000, ["run"]),
        ]),
        ("nothing comes early or flickers", view([[1, 5], [4.9, 8], [8.1, 9]], [0] * 3), [
            (1000, 4900, ["run"]), (4900, 5400, ["run", "run"]), (5400, 8000, ["run"]),
            (8100, 9000, ["run"]),
        ]),
        ("truth first, then by score; low scores left out", view(
            [[1, 2]], [0], [[1, 2], [1, 2], [0, 9]], [0.5, 0.876, 0.29], [0, 0, 0]
        ), [(1000, 2000, ["truth: run", "found: run 0.88", "found: run 0.50"])]),
        ("the rest is counted", view([[0, 1]] * 9, [0] * 9), [
            (0, 1000, ["run"] * 5 + ["and 4 more"])
        ]),
    ],
)  # fmt: skip
def test_cues(why: str, recording: RecordingView, cues: list) -> None:
    assert cues_of(recording, CLASSES, score_thr=0.3) == cues


def test_cues_of_crowds_never_overlap() -> None:
    random = np.random.default_rng(0)
    segments = np.sort(random.uniform(0, 20, (200, 2)), axis=1)
    cues = cues_of(view(segments, np.zeros(200, int)), CLASSES, score_thr=0.3)
    assert 20 < len(cues) <= 40
    assert all(start + LEAST <= end for start, end, _ in cues)
    assert all(one[1] <= two[0] for one, two in pairwise(cues))


def test_how_many_were_lengthened() -> None:
    recording = view([[1, 1.4], [2, 3]], [0, 0], [[1, 1.1], [1, 1.1]], [0.5, 0.1], [0, 0])
    assert count_short(recording, score_thr=0.3) == 2


def test_webvtt() -> None:
    recording = view([[0, 3723.004]], [1], duration=4000.0)
    assert subtitles(recording, CLASSES, file_format="vtt") == (
        "WEBVTT\n\n1\n00:00:00.000 --> 01:02:03.004\na &lt;b&gt; &amp; {c} --&gt; x\n\n"
    )
    assert subtitles(view(), CLASSES, file_format="vtt") == "WEBVTT\n\n"


def test_subrip() -> None:
    recording = view([[0, 3723.004]], [1], duration=4000.0)
    assert subtitles(recording, CLASSES, file_format="srt") == (
        "1\n00:00:00,000 --> 01:02:03,004\na [b] & (c) --] x\n\n"
    )
    assert subtitles(view(), CLASSES, file_format="srt") == ""


def test_unknown_format() -> None:
    with pytest.raises(ValueError, match="vtt, srt, but got 'ass'"):
        subtitles(view(), CLASSES, file_format="ass")


@pytest.mark.parametrize("file_format", ["vtt", "srt"])
def test_ffmpeg_reads_them(tmp_path, file_format: str) -> None:
    av = pytest.importorskip("av", reason="needs PyAV: pip install av")
    path = tmp_path / f"a.{file_format}"
    path.write_text(subtitles(view([[1, 3], [2, 4.5]], [0, 1]), CLASSES, file_format=file_format))
    with av.open(str(path)) as file:
        found = [(p.pts, p.pts + p.duration, bytes(p)) for p in file.demux() if p.size]
    assert [(start, end) for start, end, _ in found] == [(1000, 2000), (2000, 3000), (3000, 4500)]
    assert re.fullmatch(rb"run\na .*x", found[1][2])
