"""mmtal infer: the inferencer's command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "test_inference"))
from inference_case import features, make_case
from tiny import ROOT


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_case(tmp_path_factory.mktemp("case"))


def test_prints_writes_and_draws(run, case, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("rec_0", "rec_1"):
        np.save(folder / f"{name}.npy", features(40))
    np.save(tmp_path / "own.npy", features(50))
    _, out, _ = run(
        *case, folder, tmp_path / "own.npy", "--fps", 2, "--device", "cpu",
        "--out", tmp_path / "r.json", "--show-dir", tmp_path / "p", "--score-thr", 0.1,
        "--batch-size", 4,
    )  # fmt: skip
    assert "rec_0" in out and "score" in out and str(tmp_path / "r.json") in out
    results = json.loads((tmp_path / "r.json").read_text())["results"]
    assert len(results) == 3 == len(list((tmp_path / "p").iterdir()))
    assert min(d["score"] for found in results.values() for d in found) >= 0.1


def test_sources_windows_and_options(run, case, tmp_path):
    values = features(400)
    np.save(tmp_path / "a.npy", values[:, :2])
    np.save(tmp_path / "b.npy", values[:, 2:])
    files = []
    for extra in ((), ("--window", 100)):
        files.append(tmp_path / f"r{len(extra)}.json")
        run(
            *case, f"{tmp_path}/a.npy,{tmp_path}/b.npy", "--fps", 1,
            "--max-duration", 5, "--classes", "x", "y", "z", "--out", files[-1], *extra,
            "--cfg-options", "model.head.max_per_video=30",
        )  # fmt: skip
    one, other = (json.loads(file.read_text())["results"]["a"] for file in files)
    assert len(one) == len(other) == 30, "400 s are four times the longest of the data"
    assert {d["label"] for d in one} <= {"x", "y", "z"}
    assert [d["score"] for d in one] == pytest.approx([d["score"] for d in other], abs=5e-5)


def test_writes_for_a_tool(run, case, tmp_path):
    """What scores high enough, with scores, times and the name of the recording."""
    np.save(tmp_path / "own.npy", features(50))
    target = tmp_path / "found.boris"
    run(
        *case, tmp_path / "own.npy", "--fps", 2, "--out", target,
        "--score-thr", 0.1,
    )  # fmt: skip
    project = json.loads(target.read_text())
    events = project["observations"]["own"]["events"]
    assert events and len(events) % 2 == 0
    assert all(float(event[4].removeprefix("score=")) >= 0.1 for event in events)
    assert project["observations"]["own"]["media_info"]["fps"] == {"own": 2.0}
    np.save(tmp_path / "rec_9.npy", features(50))  # whose rate the annotations know
    run(*case, tmp_path / "rec_9.npy", "--to", "label-studio", "--out", tmp_path / "t.json")
    ranges = json.loads((tmp_path / "t.json").read_text())[0]["predictions"][0]["result"]
    assert max(item["value"]["ranges"][0]["end"] for item in ranges) <= 50
    code, _, error = run(*case, tmp_path / "own.npy", "--fps", 2, "--classes", "b", "b", "a")
    assert code == 2 and "must name each class once, but 'b' is there twice" in error
    code, _, error = run(*case, tmp_path / "own.npy", "--to", "boris")
    assert code == 2 and "give --out, too" in error


BAD = {
    "no such tool": (["{config}", "{model}", "{own}", "--to", "x"], "must be one of activitynet"),
    "no such ending": (["{config}", "{model}", "{own}", "--out", "r.xyz"], "of no one format"),
    "no such config": (["nowhere", "{model}", "{own}"], "'nowhere' is neither a file nor the name"),
    "no such checkpoint": (["{config}", "nowhere.pth", "{own}"], "nowhere.pth does not exist"),
    "a folder": (["{config}", ".", "{own}"], "checkpoint . is a folder: give the .pth file in it"),
    "no such input": (["{config}", "{model}", "nowhere.npy"], "nowhere.npy does not exist"),
    "other channels": (["{config}", "{model}", "{own}"], "3 channels, but the model expects 6"),
    "unknown option": (["{config}", "{model}", "{own}", "--cfg-options", "a=1"], "nothing reads"),
}


@pytest.mark.parametrize(("args", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_exit_code_2(run, case, tmp_path, args, message):
    np.save(tmp_path / "own.npy", features(50, channels=3))
    names = dict(config=case[0], model=case[1], own=tmp_path / "own.npy")
    out = tmp_path / "r.json"
    words = [a.format(**names) for a in args]
    code, _, error = run(*words[:3], "--fps", 1, "--out", out, *words[3:])
    assert code == 2
    error = error.strip().splitlines()
    assert error[0].startswith("error: ") and message in error[0]
    assert len(error) == 1
    assert not out.exists()


@pytest.mark.slow
def test_finds_what_the_test_tool_finds(case, tmp_path):
    """The same numbers, but for the last bit that threads may change."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    config, checkpoint = case
    ann = json.loads((config.parent / "data" / "annotations.json").read_text())["database"]
    files = [
        config.parent / "data" / "features" / f"{name}.npy"
        for name, entry in ann.items()
        if entry["subset"] == "validation"
    ]
    for tool, args in (("infer", files), ("test", ["--work-dir", tmp_path / "w"])):
        done = subprocess.run(
            [sys.executable, "-m", "mmtal", tool, config, checkpoint, *args,
             "--out", tmp_path / f"{tool}.json"],
            cwd=tmp_path, env=env, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    ours, theirs = (
        json.loads((tmp_path / f"{tool}.json").read_text())["results"] for tool in ("infer", "test")
    )
    assert len(ours) == 5
    assert ours == theirs
