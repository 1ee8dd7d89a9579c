"""mmtal data verify: exit codes, files, messages."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny import make_dataset, write_config

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "data")


def change(data: Path, **values: object) -> None:
    path = data / "annotations.json"
    content = json.loads(path.read_text())
    content["database"]["rec_0"].update(values)
    path.write_text(json.dumps(content))


def test_sound_data(run: Run, data: Path, tmp_path: Path):
    code, text, _ = run(write_config(tmp_path / "config.py", data))
    assert code == 0, text
    assert "The data can be used." in text and "instances that no level reaches" in text


def test_problems_are_reported_written_and_fixed(run: Run, data: Path, tmp_path: Path):
    change(data, annotations=[{"label": "wave", "label_id": 0, "segment": [9, 3]}])
    config, out, clean = (tmp_path / name for name in ("config.py", "report.json", "clean.json"))
    code, text, _ = run(write_config(config, data), "--out", out, "--fix", clean)
    assert code == 1
    assert "error: reversed segment (1): swap the two times" in text
    assert "recording 'rec_0': instance 0 'wave' [9, 3] s" in text
    assert f"{clean}: 1 changes" in text
    report = json.loads(out.read_text())
    assert (report["ok"], report["errors"]) == (False, 1)
    assert report["findings"][0]["recording"] == "rec_0"
    features = data / "features"
    assert run("--ann", clean, "--features", features, "--feature-stride", 1)[0] == 0


def test_one_split(run: Run, data: Path):
    change(data, duration=500.0)
    annotations, features = data / "annotations.json", data / "features"
    grid = "--feature-stride", 1, "--snippet-frames", 1
    assert run("--ann", annotations, "--features", features, *grid)[0] == 1
    code, text, _ = run(
        "--ann", annotations, "--features", features, *grid, "--subset", "validation"
    )
    assert code == 0 and "training" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ann", "nowhere.json"], "'nowhere.json' does not exist"),
        (["nowhere.py"], "config 'nowhere.py' is neither a file nor"),
        (["--ann", "ANN", "--fix", "ANN"], "would overwrite"),
        ([], "give either a config or --ann"),
        (["x.py", "--ann", "ANN"], "give either a config or --ann"),
        (["x.py", "--subset", "training"], "the config names its own"),
        (["--ann", "ANN", "--fps", "-3"], "fps must be > 0"),
        (["--ann", "ANN", "--feature-stride", "0"], "feature_stride must be > 0"),
        (["--ann", "ANN", "--max-seq-len", "0"], "max_len must be >= 1"),
    ],
)
def test_exit_code_2_is_for_what_cannot_be_verified(
    run: Run, data: Path, arguments: list[str], message: str
):
    before = (data / "annotations.json").read_bytes()
    words = [str(data / "annotations.json") if word == "ANN" else word for word in arguments]
    code, _, error = run(*words)
    assert code == 2 and message in error and "Traceback" not in error
    assert (data / "annotations.json").read_bytes() == before


@pytest.mark.slow
def test_interruption(data: Path, tmp_path: Path):
    """Ctrl-C while features are read: exit code 130, one line, no file."""
    features = data / "features"
    database = {}
    values = np.random.default_rng(0).normal(size=(5_000, 500)).astype(np.float32)
    np.save(features / "v0.npy", values)
    for index in range(1000):
        database[f"v{index}"] = {"subset": "training", "duration": 1.0, "fps": 1}
        if index:
            os.link(features / "v0.npy", features / f"v{index}.npy")
    (data / "many.json").write_text(json.dumps({"database": database}))
    out = tmp_path / "report.json"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mmtal",
            "data",
            "verify",
            "--ann",
            data / "many.json",
            "--features",
            features,
            "--out",
            out,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    seen = ""
    deadline = time.monotonic() + 60
    while "reading features" not in seen and time.monotonic() < deadline:
        seen += process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130, error
    assert "interrupted; nothing was written" in error and "Traceback" not in error
    assert not out.exists()
