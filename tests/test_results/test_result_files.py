"""Results and ground truth on disk."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import (
    read_ground_truth,
    read_recordings,
    read_results,
    video_list_sha256,
    write_results,
)

CLASSES = ["jump", "run"]


def write(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def detection(**changed: Any) -> dict:
    return {"label": "run", "segment": [1, 2.5], "score": 0.5, **changed}


def test_hash_names_the_set_of_recordings() -> None:
    assert video_list_sha256(["b", "a"]) == hashlib.sha256(b"a\nb").hexdigest()
    assert video_list_sha256(["ab"]) != video_list_sha256(["a", "b"])


def test_results_come_back_bit_for_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    written = InstanceTable.from_videos(
        {
            "b": dict(
                segments=rng.random((4, 2)).astype(np.float32),
                labels=[1, 0, 1, 1],
                scores=rng.random(4).astype(np.float32),
            ),
            "a": dict(segments=[], labels=[], scores=[]),  # nothing found
        }
    )
    path = tmp_path / "new" / "results.json"  # the folder is made
    write_results(path, written, CLASSES, dict(protocol="corrected"))
    content = json.loads(path.read_text())
    assert content.keys() == {"version", "results", "external_data", "mmtal"}
    assert content["results"]["b"][0].keys() == {"label", "label_id", "segment", "score"}
    assert content["results"]["b"][0]["label"] == "run"
    assert content["mmtal"] == {"protocol": "corrected"}
    actual = read_results(path, CLASSES)
    assert actual.video_ids == written.video_ids
    for name in ("video", "segments", "labels", "scores"):
        np.testing.assert_array_equal(getattr(actual, name), getattr(written, name))


def test_gzipped_results(tmp_path: Path) -> None:
    written = InstanceTable.from_videos({"a": dict(segments=[[1, 2.5]], labels=[1], scores=[0.5])})
    paths = [tmp_path / "one.json.gz", tmp_path / "other.json.gz"]
    for path in paths:
        write_results(path, written, CLASSES, {})
    assert paths[0].read_bytes() == paths[1].read_bytes()  # no time, no name
    assert json.loads(gzip.decompress(paths[0].read_bytes()))["results"]["a"][0]["label"] == "run"
    renamed = paths[1].rename(tmp_path / "renamed.json")
    for path in (paths[0], renamed):  # the content decides, not the name
        assert read_results(path, CLASSES).segments.tolist() == [[1, 2.5]]
    assert read_recordings(paths[0]) == ["a"]
    renamed.write_bytes(renamed.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"renamed\.json is packed, but cannot be unpacked"):
        read_results(renamed, CLASSES)


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (dict(label="run"), 1),
        (dict(label=0), 0),  # the official release writes numbers
        (dict(label=7), 7),  # a class of which the annotations know nothing: up to the protocol
        (dict(label="run", label_id=0), 1),  # the name counts
    ],
)
def test_labels_are_names_or_numbers(tmp_path: Path, given: dict, label: int) -> None:
    path = write(tmp_path / "results.json", {"results": {"v": [detection(**given)]}})
    assert read_results(path, CLASSES).labels.tolist() == [label]


def test_label_id_alone(tmp_path: Path) -> None:
    row = detection(label_id=1)
    del row["label"]
    path = write(tmp_path / "results.json", {"results": {"v": [row]}})
    assert read_results(path, CLASSES).labels.tolist() == [1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "must hold a JSON object"),
        ({}, "must hold an object 'results'"),
        ({"results": [1]}, "must hold an object 'results'"),
        ({"results": {"v": 3}}, "recording 'v' must be a list"),
        ({"results": {"v": [3]}}, "recording 'v' must be a list"),
        ({"results": {"v": [detection(label="fly")]}}, "recording 'v': label 'fly'"),
        ({"results": {"v": [detection(label=-1)]}}, "recording 'v': label -1"),
        (
            {"results": {"v": [detection(segment=[1])]}},
            "recording 'v', detection 0: 'segment' must be",
        ),
        (
            {"results": {"v": [detection(segment=["1", 2])]}},
            "recording 'v', detection 0: 'segment' must be",
        ),
        (
            {"results": {"v": [detection(score=None)]}},
            "recording 'v', detection 0: 'score' must be a number",
        ),
        (
            {"results": {"v": [detection(score=float("nan"))]}},
            "recording 'v', detection 0: segment .1, 2.5., score nan",
        ),
    ],
)
def test_bad_results(tmp_path: Path, content: Any, message: str) -> None:
    path = write(tmp_path / "results.json", content)
    with pytest.raises(ValueError, match=message) as error:
        read_results(path, CLASSES)
    assert str(path) in str(error.value)


def entry(subset: str, *rows: tuple, ids: bool = True) -> dict:
    annotations = [
        dict(label=label, segment=[start, end], **(dict(label_id=number) if ids else {}))
        for label, number, start, end in rows
    ]
    return dict(subset=subset, duration=9, annotations=annotations)


def test_ground_truth(tmp_path: Path) -> None:
    database = {
        "a": entry("Test", ("run", 3, 1, 2), ("jump", 1, 2, 3)),
        "b": entry("training", ("hop", 0, 1, 2)),
        "c": dict(subset="test"),  # no instances
    }
    path = write(tmp_path / "annotations.json", {"database": database})
    truth, classes = read_ground_truth(path, "tEsT")
    assert truth.video_ids == ("a", "c")
    assert truth.labels.tolist() == [3, 1]
    assert classes == ["hop", "jump", "class_2", "run"]  # of all subsets, with gaps


def test_ground_truth_without_ids_numbers_the_sorted_names(tmp_path: Path) -> None:
    rows = [("run", 0, 1, 2), ("hop", 0, 1, 2)]
    database = {"a": entry("test", *rows, ids=False)}
    path = write(tmp_path / "annotations.json", {"database": database})
    truth, classes = read_ground_truth(path, "test")
    assert classes == ["hop", "run"] and truth.labels.tolist() == [1, 0]


def test_bad_ground_truth(tmp_path: Path) -> None:
    database = {"a": entry("Test", ("run", 0, 1, 2))}
    path = write(tmp_path / "annotations.json", {"database": database})
    with pytest.raises(ValueError, match=r"annotations.json.*'val' does not occur.*'Test'"):
        read_ground_truth(path, "val")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_ground_truth(tmp_path / "nowhere.json", "test")
