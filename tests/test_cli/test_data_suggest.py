"""mmtal data suggest."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from mmengine.config import Config
from tiny import make_dataset

Run = Callable[..., tuple[int, str, str]]


def test_says_why_and_what_comes_next(run: Run, tmp_path: Path) -> None:
    data, out = make_dataset(tmp_path / "data"), tmp_path / "mine.py"
    files = ("--ann", data / "annotations.json", "--features", data / "features")
    code, printed, _ = run(*files, "--out", out)
    assert code == 0 and Config.fromfile(out).model.head.num_classes == 3
    assert "regression_ranges: " in printed and f"mmtal train {out}" in printed


def test_json(run: Run, tmp_path: Path) -> None:
    data, out = make_dataset(tmp_path / "data"), tmp_path / "mine.py"
    files = ("--ann", data / "annotations.json", "--features", data / "features")
    code, printed, _ = run(*files, "--out", out, "--json")
    found = json.loads(printed)
    assert code == 0 and found["config"] == str(out) and "regression_ranges" in found["why"]


FAILURES = [
    ("budget", ["--budget", "big"], "24GB"),
    ("stride", ["--feature-stride", "7"], "do not fit together"),
    ("subset", ["--subset-names", "training", "tset"], "'training', 'validation'"),
]


@pytest.mark.parametrize(("why", "args", "text"), FAILURES, ids=[case[0] for case in FAILURES])
def test_failure_is_one_line_and_writes_nothing(
    run: Run, tmp_path: Path, why: str, args: list, text: str
) -> None:
    data, out = make_dataset(tmp_path / "data"), tmp_path / "mine.py"
    files = ("--ann", data / "annotations.json", "--features", data / "features")
    code, _, error = run(*files, "--out", out, *args)
    assert code == 2
    assert error.startswith("error: ") and text in error
    assert not out.exists()


REAL = {
    "sphere": ("annotator0_fold0.json", "features", (4, 1, 1)),
    "gtea": ("annotations/split1.json", "features_split1", (15, 1, 1)),
    "salads50": ("annotations/split1.json", "features_split1", (3, 1, 1)),
    "sbhar": ("annotations/loso_sbj_0.json", "features", (50, 25, 50)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_where_real_features_lie_in_time_is_found(
    run: Run, tmp_path: Path, name: str, shared_data: Callable[[str], Path]
) -> None:
    ann_file, features, (fps, stride, snippet) = REAL[name]
    root, out = shared_data(name), tmp_path / "mine.py"
    assert run("--ann", root / ann_file, "--features", root / features, "--out", out)[0] == 0
    data = Config.fromfile(out).data
    assert (data.feature_stride, data.snippet_frames) == (stride, snippet)
    assert "fps" not in data, f"the recordings say it: {fps}"
