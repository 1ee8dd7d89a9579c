"""mmtal results convert: results of any system in and out."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmtal.evaluation.protocols import find_protocol, read_protocol_truth
from mmtal.results.result_files import read_results

Run = Callable[..., tuple[int, str, str]]


def test_pickle_becomes_results(run: Run, tmp_path: Path) -> None:
    columns = {
        "video-id": ["sbj_8"],
        "t-start": np.array([1], np.float32),
        "t-end": np.array([2], np.float32),
        "label": np.array([1]),
        "score": np.array([0.5], np.float32),
    }
    path, out = tmp_path / "eval_results.pkl", tmp_path / "results.json"
    path.write_bytes(pickle.dumps(columns))
    names = tmp_path / "names.txt"
    names.write_text("jump\nrun\n")
    code, text, error = run(path, "--out", out, "--classes", names)
    assert code == 0, error
    assert text == (
        f"{path}: the official ActionFormer's columns, 1 recording, 1 detection, 2 classes\n"
        "  not checked: the list of recordings and their durations (give --ann)\n"
        f"written to {out}: results JSON\n"
    )
    assert json.loads(out.read_text())["results"]["sbj_8"][0]["label"] == "run"


def test_check_without_writing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("v 1 2 7 0.5\n")
    code, text, error = run(path, "--to", "thumos")
    assert code == 0, error
    assert text.endswith("fit to become THUMOS14 detection text\n")
    assert [item.name for item in tmp_path.iterdir()] == ["in.txt"]
    found = json.loads(run(path, "--to", "thumos", "--json")[1])
    assert (found["source"], found["detections"], found["out"]) == ("thumos", 1, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ("v 1 2 8 0.5\n", "class 8 is none of THUMOS14's"),
        ("v 2 1 7 0.5\n", "mmtal results convert --fix reversed"),
        ("hello\n", "is in no known format"),
    ],
)
def test_bad_input_writes_nothing(
    run: Run, tmp_path: Path, content: str | None, message: str
) -> None:
    path, out = tmp_path / "in.txt", tmp_path / "out.json"
    if content is not None:
        path.write_text(content)
    code, _, error = run(path, "--out", out)
    assert code == 2 and not out.exists()
    assert error.startswith("error: ") and message in error and "Traceback" not in error


@pytest.mark.slow
def test_real_detections_keep_their_figures(
    run: Run, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    annotations = shared_data("benchmarks/thumos14/thumos14.json")
    results = shared_data("detections/scnn_c3d_results.json")
    out = tmp_path / "scnn.txt"
    arguments = [results, "--out", out, "--to", "thumos", "--ann", annotations, "--subset", "test"]
    code, _, error = run(*arguments)
    assert code == 2
    # As published, it names a video without annotations and finds nothing in another.
    assert "'video_test_0001292' is not in" in error
    assert "'video_test_0001247' of" in error
    code, text, error = run(*arguments, "--fix", "unlisted", "missing")
    assert code == 0 and "212 recordings, 24,209 detections, 20 classes" in text, error
    protocol = find_protocol("thumos14/official-212")
    truth, classes = read_protocol_truth(protocol, annotations, "test")
    before, after = read_results(results, classes), read_results(out, classes)
    kept = np.array([video != "video_test_0001292" for video in before.video_ids])[before.video]
    scores = [
        protocol.evaluate(truth, table, classes)["metrics"]
        for table in (before.select(kept), after)
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-12)


def test_real_tables_of_epic_kitchens(
    run: Run, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    table = shared_data("benchmarks/epic100/EPIC_100_validation.csv")
    rows = [dict(label="take plate", segment=[0, 2], score=0.5)]
    path, out = tmp_path / "actions.json", tmp_path / "submission.zip"
    path.write_text(json.dumps({"results": {"P01_11": rows}}))
    arguments = [path, "--out", out, "--to", "epic", "--ann", table, "--sls", 2, 3, 3]
    code, _, error = run(*arguments)
    assert code == 2 and "missing recording (137 found)" in error
    code, text, error = run(*arguments, "--fix", "missing")
    assert code == 0 and "138 recordings, 1 detection, 1 class\n" in text, error
    assert read_results(out, [], part="noun").labels.tolist() == [2]
    code, text, error = run(out, "--to", "epic", "--ann", table)
    assert code == 0 and "fit to become EPIC-Kitchens C2 submission" in text, error


def test_real_taxonomy_of_activitynet(
    run: Run, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    ann = shared_data("benchmarks/activitynet13/activitynet13.json")
    path = tmp_path / "results.json"
    path.write_text(
        json.dumps({"results": {"v": [dict(label="Archery", segment=[0, 2], score=0.5)]}})
    )
    code, text, error = run(
        path, "--out", tmp_path / "out.json", "--to", "activitynet", "--ann", ann,
        "--subset", "validation", "--fix", "missing", "unlisted",
    )  # fmt: skip
    assert code == 0, error
    assert "4,926 recordings, 0 detections, 200 classes" in text
