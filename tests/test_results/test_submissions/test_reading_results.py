"""What peers write becomes the same detections."""

import contextlib
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmtal.preparation.importers import export_annotations
from mmtal.results.result_files import read_recordings, read_results
from mmtal.results.submissions.formats import read_detections

CLASSES = ["jump", "run"]
ROW = {"segment": [1.0, 2.5], "score": 0.5}


def write(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def columns(**changed: Any) -> dict:
    found = {
        "video-id": ["a", "a", "b"],
        "t-start": np.array([1, 2, 0.25], np.float32),
        "t-end": np.array([2.5, 4, 1], np.float32),
        "label": np.array([1, 0, 1]),
        "score": np.array([0.5, 0.25, 1], np.float32),
    }
    return {**found, **changed}


@pytest.mark.parametrize("protocol", [2, 4, 5])  # of three generations of Python
def test_actionformer_pickle(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "eval_results.pkl"
    path.write_bytes(pickle.dumps(columns(), protocol=protocol))
    table = read_results(path, CLASSES)
    assert table.video_ids == ("a", "b") and table.video.tolist() == [0, 0, 1]
    assert table.segments.tolist() == [[1, 2.5], [2, 4], [0.25, 1]]
    assert table.labels.tolist() == [1, 0, 1] and table.scores.tolist() == [0.5, 0.25, 1]


def test_the_same_columns_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "v_seg_loso.csv"
    header = "video-id,t-start,t-end,label,score\n"
    path.write_text(header + "sbj_1,1.0,2.5,1,0.5\nsbj_2,0,1,jump,1e-3\n")
    table = read_results(path, CLASSES)
    assert table.video_ids == ("sbj_1", "sbj_2") and table.labels.tolist() == [1, 0]
    assert table.segments.tolist() == [[1, 2.5], [0, 1]] and table.scores.tolist() == [0.5, 1e-3]
    path.write_text(header + "sbj_1,one,2.5,1,0.5\nsbj_1,1,2\n")
    with pytest.raises(ValueError, match=r"malformed detection .2 found") as error:
        read_results(path, CLASSES)
    assert "recording 'sbj_1', row 0: 'segment' must be [start, end]" in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "recording,start,end,label,score\na,1,2.5,run,0.5\nb,2,4,jump,0.25\n",
        "video_name;begin (ms);end (ms);class;Score\na;1000;2500;run;0,5\nb;2000;4000;jump;0,25\n",
        "recording\tstart\tduration\tlabel\tscore\na\t0:00:01\t1.5\t1.0\t0.5\nb\t0:02\t2\t0.0\t0.25\n",
    ],
    ids=["plain", "german, ms", "clocks, numbers"],
)
def test_table(tmp_path: Path, text: str) -> None:
    table = read_results(write(tmp_path / "found.csv", text), CLASSES)
    assert table.video_ids == ("a", "b") and table.segments.tolist() == [[1, 2.5], [2, 4]]
    assert table.labels.tolist() == [1, 0] and table.scores.tolist() == [0.5, 0.25]


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx"])
def test_detections_exported_as_a_table_are_the_same(tmp_path: Path, ending: str) -> None:
    rows = [dict(segment=[1.25, 2.5], label="run", score=0.5)]
    database = dict(a=dict(duration=9.0, annotations=rows), b=dict(duration=5.0, annotations=[]))
    if ending == "xlsx":
        pytest.importorskip("python_calamine")
        pytest.importorskip("xlsxwriter")
    [path] = export_annotations(tmp_path / f"found.{ending}", database)
    table = read_results(path, CLASSES)
    assert table.video_ids == ("a", "b") and table.segments.tolist() == [[1.25, 2.5]]
    assert table.labels.tolist() == [1] and table.scores.tolist() == [0.5]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,x,2,run,1", "read, these are no usable results:\n.*line 2: 'x' is no"),
        ("a,1,2,run,", "line 2: 'score' must be a number, but got None"),
        ("a,1,2,hop,1", "label 'hop' is not a class"),
    ],
)
def test_a_table_with_a_bad_row(tmp_path: Path, row: str, message: str) -> None:
    path = write(tmp_path / "a.csv", f"recording,start,end,label,score\n{row}\n")
    with pytest.raises(ValueError, match=message):
        read_results(path, CLASSES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (columns(label=None), "'label' is missing"),
        (columns(score=0.5), "'score' is a float"),
        (columns(score=np.ones((3, 1))), "'score' is a "),
        (columns(score=np.ones(2)), "the columns must be equally long.*'score': 2"),
        (columns(score=np.full(3, np.nan)), "NaN or infinite number .3 found.*"),
        ([1], "must hold a pickled dict of columns, but got a list"),
    ],
)
def test_bad_pickles(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "eval_results.pkl"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=message):
        read_results(path, CLASSES)


@pytest.mark.parametrize(
    ("content", "format_name"),
    [
        # ActivityNet, DETAD, G-TAD
        (dict(version="VERSION 1.3", results={"a": [dict(ROW, label="run")]}, external_data={}),
         "activitynet"),
        (dict(results={"a": [dict(ROW, label="run")]}), "activitynet"),  # OpenTAD
        (dict(results={"a": [dict(ROW, label="id_001")]}), "activitynet"),  # OpenTAD on EPIC
        (dict(results={"a": [dict(ROW, interaction=1)]}), "epic-sounds"),
        (dict(detect_results={"a": [dict(ROW, label="run")]}, retrieve_results={}), "ego4d"),
        ("a 1.0 2.5 7 0.5\n", "thumos"),
    ],
)  # fmt: skip
def test_formats_are_told_apart(tmp_path: Path, content: Any, format_name: str) -> None:
    path = write(tmp_path / "file", content)
    found, _, raw = read_detections(path)
    assert found.name == format_name
    table = raw.table(["BaseballPitch", "run"])
    assert table.segments.tolist() == [[1.0, 2.5]] and table.scores.tolist() == [0.5]
    assert table.labels.tolist() == [0 if format_name == "thumos" else 1]
    assert read_recordings(path) == ["a"]


def test_a_class_may_be_named_as_others_number_theirs(tmp_path: Path) -> None:
    path = write(tmp_path / "file", dict(results={"a": [dict(ROW, label="id_7")]}))
    assert read_results(path, ["id_7"]).labels.tolist() == [0]
    assert read_results(path, ["run"]).labels.tolist() == [7]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello", "is in no known format; its first line is 'hello'"),
        ("", "is empty"),
        ({"x": 1}, "must hold an object 'results'.*but holds x"),
        ({"results": {"a": [ROW]}}, "no label .1 found.*proposals without classes"),  # MMAction2
        ({"results": {"a": [dict(ROW, label=True)]}}, "label True"),
    ],
)
def test_unusable_results(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"(?s){message}"):
        read_results(write(tmp_path / "file", content), CLASSES)


def test_all_kinds_of_problems_are_named_at_once(tmp_path: Path) -> None:
    rows = [
        dict(ROW, label="fly"), dict(ROW, label="fly"), dict(ROW, label="swim"), dict(ROW),
        dict(ROW, label="run", score=float("inf")), dict(label="run", segment=[1], score=1),
    ]  # fmt: skip
    path = write(tmp_path / "file", {"results": {"a": rows}})
    with pytest.raises(ValueError) as error:
        read_results(path, CLASSES)
    text = str(error.value)
    assert text.startswith(f"{path}: these are no usable results.")
    for kind in ("unknown label (3", "no label (1", "NaN or infinite", "malformed detection (1"):
        assert kind in text
    assert "label 'fly' is not a class of the annotations (nor that of 1 more detections)" in text


DIGITS = ["1", "10", "2", "3"]  # in alphabetical order, as OpenTAD numbers them
THREE = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("labels", "classes", "expected"),
    [
        ([0, 2, 1], THREE, [0, 2, 1]),  # label_id
        (["0", "2", "id_1"], THREE, [0, 2, 1]),  # the same as text
        ([2, "c", "b"], THREE, [2, 2, 1]),  # beside names, a number is a label_id
        (["3", "1", "10"], DIGITS, [3, 0, 1]),  # text is a name
        ([1, 10, 2, 3], DIGITS, [0, 1, 2, 3]),  # no label is 10: names
        ([0, 1, 2], DIGITS, [0, 1, 2]),  # no name is 0: labels
        (["0", "3"], DIGITS, [0, 3]),
        ([0, 1], ["0", "1"], [0, 1]),  # both, and the same
        ([1, 2], DIGITS, "1 may be the class '1', or label 1, which is '10'.*--classes"),
        ([1, 2, 3], THREE, "are 0 to 2: they seem to count from 1.*--classes"),
        (["3"], THREE, "are 0 to 2: they seem to count from 1.*--classes"),
        ([0, 7], THREE, [0, 7]),  # a class that the annotations lack
        ([-1], THREE, r"unknown label \(1 found"),
        (["46116860184273879041", "1000000"], THREE, r"unknown label \(2 found"),
    ],
)
def test_labels_that_are_numbers(
    tmp_path: Path, labels: list, classes: list[str], expected: list[int] | str
) -> None:
    rows = [dict(ROW, label=label) for label in labels]
    path = write(tmp_path / "file", {"results": {"v": rows}})
    if isinstance(expected, str):
        with pytest.raises(ValueError, match=f"(?s){expected}"):
            read_results(path, classes)
    else:
        assert read_results(path, classes).labels.tolist() == expected


@pytest.mark.parametrize(
    ("labels", "classes", "said"),
    [
        (
            [1, 2],
            THREE,
            "1 may be 'b', counted from 0, or 'a', counted from 1.*--classes.*'1 a'",
        ),
        (["2"], THREE, "without 0 and 3: 2 may be 'c'"),
        ([2, "b"], THREE, ""),  # beside names, a number is a label_id
        (["id_1", "id_2"], THREE, ""),  # OpenTAD's, from 0
        ([1, 2], ["class_0", "a", "b"], ""),  # annotations whose label_ids begin with 1
        ([2, 7], THREE, ""),  # from 1 does not fit
    ],
)
def test_numbers_that_fit_from_0_and_from_1_are_refused(
    tmp_path: Path, labels: list, classes: list[str], said: str
) -> None:
    path = write(tmp_path / "file", {"results": {"v": [dict(ROW, label=x) for x in labels]}})
    with pytest.raises(ValueError, match=said) if said else contextlib.nullcontext():
        read_results(path, classes)


def test_a_file_of_class_names_decides_in_every_format(tmp_path: Path) -> None:
    names = write(tmp_path / "names.txt", "1 c\n2 a\n7 b\n9 absent\n")
    json_file = {"results": {"v": [dict(ROW, label=n) for n in (1, "7", 2, 9, "a")]}}
    table = "video-id,t-start,t-end,label,score\n" + "v,0,1,7,0.5\n" * 2
    for content, expected in (
        (json_file, [2, 1, 0, 3, 0]),
        (table, [1, 1]),
        ("v 0 1 7 0.5\nv 1 2 1 0.5\n", [1, 2]),  # 7 is BaseballPitch of THUMOS14 without it
    ):
        path = write(tmp_path / "file", content)
        assert read_results(path, THREE, class_file=names).labels.tolist() == expected
    with pytest.raises(ValueError, match=r"class 5 is none of those that --classes names"):
        read_results(write(path, "v 0 1 5 0.5\n"), THREE, class_file=names)


def test_part_of_a_file_that_has_none(tmp_path: Path) -> None:
    path = write(tmp_path / "file", {"results": {}})
    with pytest.raises(ValueError, match="the part must be left out, but got 'verb'"):
        read_results(path, CLASSES, part="verb")
