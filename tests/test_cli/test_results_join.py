"""mmtal results join: results of a verb and a noun model."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "test_inference"))
from inference_case import make_case

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Verbs by name, nouns by number, and annotations of two actions."""

    def save(name: str, content: Any) -> None:
        (tmp_path / name).write_text(json.dumps(content))

    def entry(*names: str) -> dict:
        rows = [
            dict(label=name, label_id=i, segment=[10 * i, 10 * i + 9])
            for i, name in enumerate(names)
        ]
        return dict(subset="validation", duration=99, annotations=rows)

    save("actions.json", dict(database=dict(P01_11=entry("put tap", "take plate"))))
    save("nouns_ann.json", dict(database=dict(P01_11=entry("tap", "plate"))))
    (tmp_path / "EPIC_100_verb_classes.csv").write_text("id,key,instances\n0,take,x\n1,put,x\n")
    save("verbs.json", dict(results=dict(P01_11=[dict(segment=[0, 9], label="put", score=0.81)])))
    nouns = [dict(segment=[0, 9], label=k, score=s) for k, s in ((0, 0.64), (1, 0.9))]
    save("nouns.json", dict(results=dict(P01_11=nouns)))
    return tmp_path


def arguments(files: Path) -> list:
    return [
        files / "verbs.json", files / "nouns.json", "--ann", files / "actions.json",
        "--verb-classes", files / "EPIC_100_verb_classes.csv", "--noun-classes",
        files / "nouns_ann.json", "--out", files / "out.json",
    ]  # fmt: skip


def test_verbs_and_nouns_become_actions(run: Run, files: Path) -> None:
    code, text, error = run(*arguments(files), "--variant", "none")
    assert code == 0, error
    assert "out.json: 1 action in 1 recording" in text
    content = json.loads((files / "out.json").read_text())
    (row,) = content["results"]["P01_11"]
    assert (row["label"], row["label_id"], row["segment"]) == ("put tap", 0, [0, 9])
    assert row["score"] == pytest.approx(0.72)
    stamp = content["mmtal"]
    assert stamp["joined"] == ["verbs.json", "nouns.json"]
    assert (stamp["min_tiou"], stamp["sigma"]) == (0.3, 0.4)


def test_evaluation_wants_the_recordings_of_the_benchmark(run: Run, files: Path) -> None:
    code, _, error = run(*arguments(files))
    assert code == 2
    assert "epic100/verb-challenge" in error and "Traceback" not in error
    assert (files / "out.json").exists(), "what was joined is kept"


def test_models_in_place_of_results(run: Run, tmp_path: Path) -> None:
    config, checkpoint = make_case(tmp_path)
    model = f"{config}:{checkpoint}"
    rows = [dict(label="wave jump", label_id=0, segment=[0, 1])]
    entry = dict(subset="validation", duration=9, annotations=rows)
    (tmp_path / "ann.json").write_text(json.dumps(dict(database=dict(v=entry))))
    given = ["--ann", tmp_path / "ann.json", "--out", tmp_path / "out.json", "--variant", "none"]
    code, text, error = run(model, model, *given)
    assert code == 0, error
    assert "in 5 recordings" in text
    content = json.loads((tmp_path / "out.json").read_text())
    assert content["mmtal"]["per_point"] == 10
    found = content["results"]
    assert {row["label"] for rows in found.values() for row in rows} == {"wave jump"}
    code, _, error = run(model, tmp_path / "ann.json", *given)
    assert code == 2 and "must both be results or both CONFIG:CHECKPOINT" in error


def test_mistakes(run: Run, files: Path) -> None:
    first, second, *rest = arguments(files)
    for given, message in (
        ([second, first, *rest], "label 'put' is not a class"),
        ([first, files / "nowhere.json", *rest], "nowhere.json does not exist"),
        ([first, second, *rest[:2], *rest[-2:]], "results need --verb-classes and --noun-cl"),
        ([first, second, *rest[:-1], files], "is a folder: give the name of a file to write"),
        ([first, second, *rest, "--min-tiou", 2], "min_tiou must be in (0, 1], but got 2.0"),
        ([first, second, *rest, "--ann", files / "nouns_ann.json"], "but got 'tap', which fits 0"),
    ):
        code, _, error = run(*given)
        assert code == 2 and message in error, error
    code, _, error = run(*arguments(files), "--variant", "off")
    assert code == 2 and "invalid choice: 'off'" in error
