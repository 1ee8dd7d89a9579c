"""What tools/make_splits.py packs and refuses."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.io import savemat

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "make_splits.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_splits", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_no_clone_is_said_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path / "no"), "gtea", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and not list(tmp_path.iterdir())
    assert "must be a clone of bityangke/AP_TCN; git: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_split_becomes_features_and_runs_of_classes(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "clone" / "features/GTEA/SpatialCNN/Split_2"
    folder.mkdir(parents=True)
    features = np.random.default_rng(0).standard_normal((6, 3), np.float32)
    classes = np.array([[0], [3], [3], [0], [2], [10]])
    for name in ("S1_Tea_C1", "S2_Tea_C1"):
        savemat(folder / f"{name}.avi.mat", dict(A=features, Y=classes))
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        author = ["-c", "user.name=x", "-c", "user.email=x@x"]
        subprocess.run(["git", "-C", str(tmp_path / "clone"), *author, *words], check=True)
    monkeypatch.setattr(tool, "COMMIT", "HEAD")
    assert tool.pack_split(tmp_path / "clone", "gtea", 2, ("S2_",), tmp_path / "out") == 2
    packed = np.load(tmp_path / "out/features_split2/S1_Tea_C1.npy")
    assert packed.dtype == np.float16 and (packed == features.astype(np.float16)).all()
    entries = json.loads((tmp_path / "out/annotations/split2.json").read_text())["database"]
    assert {k: v["subset"] for k, v in entries.items()} == {
        "S1_Tea_C1": "Training",
        "S2_Tea_C1": "Validation",
    }
    assert entries["S1_Tea_C1"]["duration"] == 6 / 15 and entries["S1_Tea_C1"]["fps"] == 15
    assert [
        (i["label"], i["label_id"], *i["segment"]) for i in entries["S1_Tea_C1"]["annotations"]
    ] == [
        ("class_03", 2, 1 / 15, 3 / 15),
        ("class_02", 1, 4 / 15, 5 / 15),
        ("class_10", 9, 5 / 15, 6 / 15),
    ]


@pytest.mark.parametrize("name", ["salads50", "gtea"])
def test_split_1_is_the_shared_data_set(
    tool: ModuleType, tmp_path: Path, shared_data: Callable[[str], Path], name: str
) -> None:
    clone = os.environ.get("AP_TCN")
    if not clone:
        pytest.skip("needs AP_TCN, the folder of a clone of bityangke/AP_TCN")
    tested = tool.find_protocol(f"{name}/ed-tcn").frames.splits[0]
    tool.pack_split(Path(clone), name, 1, tested, tmp_path)
    expected = shared_data(f"{name}/annotations/split1.json")
    found = tmp_path / "annotations/split1.json"
    assert json.loads(found.read_text())["database"] == json.loads(expected.read_text())["database"]
    features = sorted(shared_data(f"{name}/features_split1").glob("*.npy"))
    assert features
    for path in features:
        assert (tmp_path / "features_split1" / path.name).read_bytes() == path.read_bytes()
