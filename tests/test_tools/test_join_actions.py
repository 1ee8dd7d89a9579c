"""tools/join_actions.py: results of a verb and a noun model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
    assert "out.json: 1 action in 1 recording, of 1 verb and 2 nouns" in text
    content = json.loads((files / "out.json").read_text())
    (row,) = content["results"]["P01_11"]
    assert (row["label"], row["label_id"], row["segment"]) == ("put tap", 0, [0, 9])
    assert row["score"] == pytest.approx(0.72)
    assert content["mmtal"]["joined"] == ["verbs.json", "nouns.json"]


def test_evaluation_wants_the_recordings_of_the_benchmark(run: Run, files: Path) -> None:
    code, _, error = run(*arguments(files))
    assert code == 1
    assert "epic100/verb-challenge" in error and "Traceback" not in error


def test_mistakes(run: Run, files: Path) -> None:
    first, second, *rest = arguments(files)
    for given, message in (
        ([second, first, *rest], "label 'put' is not a class"),
        ([first, files / "nowhere.json", *rest], "nowhere.json does not exist"),
        ([first, second, *rest, "--min-tiou", 2], "min_tiou must be in (0, 1], but got 2.0"),
        ([first, second, *rest, "--ann", files / "nouns_ann.json"], "but got 'tap', which fits 0"),
    ):
        code, _, error = run(*given)
        assert code == 1 and message in error, error
