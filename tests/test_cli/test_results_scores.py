"""mmtal results scores: published class scores to one layout."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmtal.results.fusion.external_scores import read_external_scores

Run = Callable[..., tuple[int, str, str]]


def test_an_array_with_lists_of_names(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "scores.npy", [[0.0, 1.0], [2.0, 0.0]])
    (tmp_path / "videos.txt").write_text("v\nw\n\n")
    (tmp_path / "classes.txt").write_text("run\njump\n")
    code, text, error = run(
        tmp_path / "scores.npy", "--recordings", tmp_path / "videos.txt", "--classes",
        tmp_path / "classes.txt", "--softmax", "--out", tmp_path / "out.json",
    )  # fmt: skip
    assert code == 0, error
    assert "out.json: 2 recordings, 2 classes named, scores 0.119 to 0.881" in text
    scores = read_external_scores(tmp_path / "out.json")
    assert scores.of("w", ["jump", "run"]) == pytest.approx([0.119203, 0.880797], abs=1e-6)


def test_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "scores.json").write_text(json.dumps({"v": [0.25, 0.5, 0.25]}))
    out = tmp_path / "out.json"
    code, text, error = run(tmp_path / "scores.json", "--out", out, "--json")
    assert code == 0, error
    expected = dict(recordings=["v"], number_of_classes=3, classes=None, range=[0.25, 0.5])
    assert json.loads(text) == dict(expected, out=str(out))


def test_classes_of_an_annotation_file(run: Run, tmp_path: Path) -> None:
    rows = [dict(label=name, label_id=i, segment=[i, i + 1]) for i, name in enumerate("ab")]
    database = dict(v=dict(subset="test", duration=9, annotations=rows))
    (tmp_path / "ann.json").write_text(json.dumps(dict(database=database)))
    (tmp_path / "scores.pkl").write_bytes(pickle.dumps({"v": np.array([0.25, 0.75])}))
    code, text, error = run(
        tmp_path / "scores.pkl", "--classes", tmp_path / "ann.json", "--out", tmp_path / "out.json"
    )
    assert code == 0, error
    assert "1 recording, 2 classes named" in text
    assert read_external_scores(tmp_path / "out.json").of("v", ["b"]).tolist() == [0.75]


class Dangerous:
    def __reduce__(self) -> tuple:
        return os.system, ("true",)


def test_a_pickle_that_would_run_code_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "scores.pkl").write_bytes(pickle.dumps({"v": Dangerous()}))
    code, _, error = run(tmp_path / "scores.pkl", "--out", tmp_path / "out.json")
    assert code == 2
    assert "was refused and nothing in it was run: it holds 'posix.system'" in error
    assert not (tmp_path / "out.json").exists()
