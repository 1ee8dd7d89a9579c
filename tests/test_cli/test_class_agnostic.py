"""Results without classes are evaluated, explained and drawn by where, not what."""

import json
from pathlib import Path

import pytest

from mmtal.cli.main import main

ANNOTATIONS = {
    "a": [("run", 1.0, 3.0), ("jump", 5.0, 8.0)],
    "b": [("run", 2.0, 4.0)],
}
FOUND = {"a": [(1.0, 3.0, 0.9), (5.0, 8.0, 0.8)], "b": [(7.0, 9.0, 0.7), (2.0, 4.0, 0.6)]}
COMMANDS = {
    "results eval": "results eval {found} --ann {ann} --subset test --json",
    "explain": "explain {found} --ann {ann} --out {out} --json",
    "show page": "show page {found} --ann {ann} --out {out}.html",
    "show predictions": "show predictions {found} --ann {ann} --out {out}",
    "show subtitles": "show subtitles {found} --ann {ann} --out {out}",
}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    database = {
        name: dict(
            subset="test",
            duration=10.0,
            fps=1,
            annotations=[
                dict(label=label, label_id=["run", "jump"].index(label), segment=[start, end])
                for label, start, end in rows
            ],
        )
        for name, rows in ANNOTATIONS.items()
    }
    results = {
        name: [
            dict(label="action", segment=[start, end], score=score) for start, end, score in rows
        ]
        for name, rows in FOUND.items()
    }
    ann, found = tmp_path / "ann.json", tmp_path / "results.json"
    ann.write_text(json.dumps(dict(database=database)))
    found.write_text(json.dumps(dict(results=results)))
    return dict(ann=ann, found=found, out=tmp_path / "out")


def test_proposals_without_any_label(
    places: dict[str, Path], capsys: pytest.CaptureFixture
) -> None:
    content = json.loads(places["found"].read_text())
    for rows in content["results"].values():
        for row in rows:
            del row["label"]
    places["found"].write_text(json.dumps(content))
    evaluate = COMMANDS["results eval"].format(**places).split()
    with pytest.raises(SystemExit):
        main(evaluate)
    error = capsys.readouterr().err
    assert "no label (4 found)" in error and "unknown label" not in error
    main([*evaluate, "--class-agnostic"])
    assert json.loads(capsys.readouterr().out)["metrics"]["mAP"] == pytest.approx(2.75 / 3)
    scores = places["ann"].with_name("scores.json")
    scores.write_text(
        json.dumps(dict(results=dict(a=[0.9, 0.1], b=[1, 0]), classes=["run", "jump"]))
    )
    out = str(places["out"])
    main(["results", "fuse", str(places["found"]), "--external", str(scores), "--out", out])
    named = json.loads(places["out"].read_text())["results"]
    assert {row["label"] for row in named["a"]} == {"run", "jump"} and len(named["a"]) == 4


@pytest.mark.parametrize("name", COMMANDS)
def test_labels_matter_only_where_they_are_asked_for(
    name: str, places: dict[str, Path], capsys: pytest.CaptureFixture
) -> None:
    command = COMMANDS[name].format(**places).split()
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code != 0 and "--class-agnostic" in capsys.readouterr().err
    main([*command, "--class-agnostic"])
    text = capsys.readouterr().out
    if name == "results eval":  # a miss before the last of three hits
        assert json.loads(text)["metrics"]["mAP"] == pytest.approx((1 + 1 + 0.75) / 3)
        assert "class-agnostic" in json.loads(text)["protocol"]
