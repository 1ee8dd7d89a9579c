"""mmtal explain: from two files to a report."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


def instance(label: str, start: float, end: float, **more: float) -> dict:
    return dict(label=label, segment=[start, end], **more)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Results and annotations; the results are of the subset ``test``."""
    database = {
        "a": dict(subset="test", annotations=[instance("jump", 0, 10), instance("run", 20, 30)]),
        "b": dict(subset="test", duration=60, annotations=[instance("jump", 5, 9)]),
        "c": dict(subset="train", annotations=[instance("jump", 0, 1)]),
        "d": dict(subset="empty", annotations=[]),
    }
    results = {
        "a": [instance("jump", 0, 9, score=0.9), instance("jump", 20, 30, score=0.8)],
        "b": [instance("jump", 30, 40, score=0.7)],
    }
    paths = tmp_path / "my.results.json", tmp_path / "ann.json"
    paths[0].write_text(json.dumps({"results": results}))  # as another framework writes it
    paths[1].write_text(json.dumps({"database": database}))
    return paths


@pytest.mark.slow
def test_report_beside_the_results(run: Run, files: tuple[Path, Path]) -> None:
    results, annotations = files
    code, text, error = run(results, "--ann", annotations, "--tiou", 0.5, 0.75)
    assert code == 0, error
    for part in ("perfect boundaries", "localization", "not seen", "context size", "mAP_N"):
        assert part in text
    out = results.parent / "my.results_errors"
    assert f"{out}/report.html" in text
    assert sorted(p.name for p in out.iterdir()) == [
        "figures", "recordings", "report.html", "report.json",
    ]  # fmt: skip
    content = json.loads((out / "report.json").read_text())
    assert content["evaluation"]["num_videos"] == 2  # only the subset that the results are of
    assert content["evaluation"]["tiou_thresholds"] == [0.5, 0.75]
    assert content["false_positives"]["counts_of_each_tiou_and_G"][0][0] == [1, 0, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.json"], "nowhere.json does not exist"),
        (["ANN"], "must hold an object 'results'"),
        (["RESULTS", "--ann", "nowhere.json"], "nowhere.json"),
        (["RESULTS", "--subset", "val"], "subset 'val' does not occur"),
        (["RESULTS", "--subset", "empty"], "subset 'empty' holds no instance to find"),
        (["RESULTS", "--tiou", "0.7:0.1:0.3"], "tIoU thresholds must be rising"),
        (["RESULTS", "--tiou", "half"], "tIoU thresholds must be rising numbers"),
        (["RESULTS", "--out", "."], "is a folder with other files"),
        (["RESULTS", "--out", "ANN"], "would overwrite the source"),
        (["MIXED"], "recordings of ['test', 'train'], so name the subset"),
        (["OTHER"], "the results hold none of its recordings, so name the subset"),
        (["UNKNOWN"], "label 'fly' is not a class of the annotations"),
    ],
)
def test_bad_input_is_one_line(
    run: Run,
    files: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    row = instance("jump", 0, 1, score=1)
    for name, results in {
        "MIXED": {"a": [row], "c": [row]},
        "OTHER": {"z": [row]},
        "UNKNOWN": {"a": [{**row, "label": "fly"}]},
    }.items():
        (tmp_path / name).write_text(json.dumps({"results": results}))
    names = {"RESULTS": files[0], "ANN": files[1]}
    words = [names.get(word, word) for word in arguments]
    before = sorted(tmp_path.iterdir())
    code, _, error = run(*words[:1], "--ann", files[1], *words[1:])
    assert code == 2
    assert sum(line.startswith("error:") for line in error.splitlines()) == 1
    assert message in error and "Traceback" not in error
    assert sorted(tmp_path.iterdir()) == before
