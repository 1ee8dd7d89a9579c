"""Labels of several results files brought to the same numbers."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmtal.results.result_files import read_together, recordings_not_in_all
from mmtal.results.submissions.official_list import read_names


def save(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def results(path: Path, *labels: str | int, video: str = "v") -> Path:
    rows = [dict(segment=[0, 1], score=0.5, label=label) for label in labels]
    return save(path, {"results": {video: rows}})


def test_names_that_occur(tmp_path: Path) -> None:
    paths = [results(tmp_path / "a.json", "run"), results(tmp_path / "b.json", "jump", "run")]
    tables, classes = read_together(paths)
    assert classes == ["jump", "run"]
    assert [table.labels.tolist() for table in tables] == [[1], [0, 1]]
    tables, classes = read_together(paths, ["run", "sit", "jump"])
    assert classes == ["run", "sit", "jump"]
    assert [table.labels.tolist() for table in tables] == [[0], [2, 0]]


def test_labels_of_proposals_may_be_anything(tmp_path: Path) -> None:
    paths = [results(tmp_path / "a.json", "action"), results(tmp_path / "b.json", 0)]
    tables, _ = read_together(paths, labels_count=False)
    assert [len(table) for table in tables] == [1, 1]
    with pytest.raises(ValueError, match=r"b.json: labels are numbers.*--ann"):
        read_together(paths)


def test_recordings(tmp_path: Path) -> None:
    paths = [results(tmp_path / f"{v}.json", "run", video=v) for v in "vw"]
    (one, other), _ = read_together(paths)
    assert recordings_not_in_all([one, one]) == []
    with pytest.raises(ValueError, match="none is in all files, which have such as 'v', 'w'"):
        recordings_not_in_all([one, other])


@pytest.mark.parametrize(
    ("name", "content", "names"),
    [
        ("verbs.csv", "id,key\n0,take\n2,put\n", ["take", "class_1", "put"]),
        ("verbs.txt", "take\nput\n", ["take", "put"]),
        (
            "ann.json",
            {
                "database": {
                    "v": {
                        "subset": "test",
                        "duration": 9,
                        "annotations": [{"label": "put", "label_id": 1, "segment": [0, 1]}],
                    }
                }
            },
            ["class_0", "put"],
        ),
    ],
)
def test_names_of_classes(tmp_path: Path, name: str, content: Any, names: list[str]) -> None:
    assert read_names(save(tmp_path / name, content)) == names
