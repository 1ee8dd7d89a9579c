"""mmtal results fuse: results of several systems, or results and class scores."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmtal.results.result_files import read_results

Run = Callable[..., tuple[int, str, str]]


def save(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def results(folder: Path, name: str, **videos: list[tuple]) -> Path:
    rows = {
        video: [dict(segment=[s, e], label=label, score=score) for s, e, label, score in found]
        for video, found in videos.items()
    }
    return save(folder / name, dict(results=rows))


def read(path: Path) -> dict[str, list]:
    content = json.loads(path.read_text())["results"]
    return {
        video: [(*row["segment"], row["label"], pytest.approx(row["score"])) for row in rows]
        for video, rows in content.items()
    }


def test_two_systems(run: Run, tmp_path: Path) -> None:
    one = results(tmp_path, "one.json", v=[(0, 10, "run", 0.75)], w=[])
    other = results(tmp_path, "other.json", v=[(0, 9, "run", 0.5), (0, 9, "jump", 0.5)])
    out = tmp_path / "both.json"
    code, text, error = run(one, other, "--method", "hard", "--out", out, "--allow-partial")
    assert code == 0, error
    code, _, error = run(one, other, "--out", out)
    assert code and "other.json holds results of 1 of 2 recordings, not of 'w'" in error
    assert "in some of the files only: 1 recording: ['w']" in text
    assert "both.json: 2 detections in 2 recordings (of 1 + 2)" in text
    assert read(out) == {"v": [(0, 10, "run", 0.75), (0, 9, "jump", 0.5)], "w": []}
    stamp = json.loads(out.read_text())["mmtal"]
    assert stamp["fused"] == ["one.json", "other.json"] and stamp["method"] == "hard"
    assert len(read_results(out, ["jump", "run"])) == 2
    code, text, error = run(
        one, other, "--method", "hard", "--out", out, "--json", "--allow-partial"
    )
    assert code == 0, error
    numbers = dict(recordings=2, detections=2, of=[1, 2], in_some_only=["w"])
    assert json.loads(text) == dict(numbers, classes=["jump", "run"], out=str(out))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # sqrt(0.64 * 0.81), sqrt(0.25 * 0.81), sqrt(0.64 * 0.16), sqrt(0.25 * 0.16)
        ([], [(0, 5, "b", 0.72), (6, 9, "b", 0.45), (0, 5, "a", 0.32), (6, 9, "a", 0.2)]),
        (
            ["--rule", "product", "--top-classes", 1, "--top-segments", 0],
            [(0, 5, "b", 0.5184), (6, 9, "b", 0.2025)],
        ),
    ],
)
def test_class_scores_name_proposals(
    run: Run, tmp_path: Path, options: list, expected: list
) -> None:
    scores = save(tmp_path / "scores.json", {"results": {"v": [0.16, 0.81]}, "class": ["a", "b"]})
    proposals = results(tmp_path, "proposals.json", v=[(6, 9, 0, 0.25), (0, 5, "action", 0.64)])
    out = tmp_path / "named.json"
    code, _, error = run(proposals, "--external", scores, "--out", out, *options)
    assert code == 0, error
    assert read(out) == {"v": expected}
    assert json.loads(out.read_text())["mmtal"]["external"] == "scores.json"


def test_proposals_of_two_systems_compete_whatever_their_labels(run: Run, tmp_path: Path) -> None:
    scores = save(tmp_path / "scores.json", {"results": {"v": [1.0]}, "class": ["a"]})
    one = results(tmp_path, "one.json", v=[(0, 10, "action", 0.25)])
    other = results(tmp_path, "other.json", v=[(0, 9, "proposal", 0.16)])
    out = tmp_path / "named.json"
    code, _, error = run(one, other, "--method", "hard", "--external", scores, "--out", out)
    assert code == 0, error
    assert read(out) == {"v": [(0, 10, "a", 0.5)]}


def test_the_annotation_file_says_which_label_has_which_number(run: Run, tmp_path: Path) -> None:
    instances = [
        dict(label=name, label_id=i, segment=[i, i + 1]) for i, name in enumerate(["run", "jump"])
    ]
    entry = dict(subset="test", duration=9, annotations=instances)
    ann = save(tmp_path / "ann.json", dict(database=dict(v=entry)))
    one = results(tmp_path, "one.json", v=[(0, 10, 0, 0.75)])
    other = results(tmp_path, "other.json", v=[(0, 9, "run", 0.5)])
    out = tmp_path / "both.json"
    code, _, error = run(one, other, "--method", "hard", "--ann", ann, "--out", out)
    assert code == 0, error
    (row,) = json.loads(out.read_text())["results"]["v"]
    assert (row["label"], row["label_id"]) == ("run", 0)


def test_mistakes(run: Run, tmp_path: Path) -> None:
    one = results(tmp_path, "one.json", v=[(0, 10, "run", 0.75)])
    numbers = results(tmp_path, "numbers.json", v=[(0, 10, 3, 0.75)])
    elsewhere = results(tmp_path, "elsewhere.json", w=[(0, 10, "run", 0.75)])
    scores = save(tmp_path / "scores.json", {"w": [0.5]})
    named = save(tmp_path / "named.json", {"results": {"w": [0.5]}, "class": ["a"]})
    for arguments, message in (
        ([one], "one results file has nothing to be merged with: give more, or --external"),
        ([one, numbers], "numbers.json: labels are numbers, so their names are needed"),
        ([one, tmp_path / "nowhere.json"], "nowhere.json does not exist"),
        ([one, elsewhere], "results must be of the same recordings, but none is in all files"),
        ([one, one, "--weights", 1], "weights must be 2 numbers > 0, but got [1.0]"),
        ([one, "--external", scores], "scores.json does not name its classes: give --ann"),
        ([one, "--external", named], "the external class scores lack recording 'v'"),
        ([one, "--external", named, "--top-classes", 0], "top_classes must be >= 1"),
    ):
        code, _, error = run(*arguments, "--out", tmp_path / "out.json")
        assert code == 2 and message in error, error
        assert not (tmp_path / "out.json").exists()
