"""Files of events without duration: SoccerNet, E2E-Spot; what becomes of such events."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from valid_files import SOCCERNET, SPOT

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.preparation.importers import write_annotations


def test_soccernet(load: Callable, write: Callable) -> None:
    write("league/game 1/Labels-v2.json", SOCCERNET)
    second = {**SOCCERNET, "UrlLocal": ""}  # then the folder's name
    write("league/game 2/Labels-v2.json", second)
    imported = load(write("league/readme.md", "x").parent)
    assert list(imported.database) == ["epl/1 - 0/1", "epl/1 - 0/2", "game 2/1", "game 2/2"]
    first = imported.database["epl/1 - 0/1"]
    assert first["group"] == "epl/1 - 0"
    assert first["annotations"] == [
        {"label": "Corner", "label_id": 0, "time": 18.25, "subject": "home"}
    ]
    unseen = {**SOCCERNET["annotations"][0], "visibility": "not shown"}
    again = load(write("g/Labels-v2.json", {**SOCCERNET, "annotations": [unseen]}))
    (event,) = again.database["epl/1 - 0/1"]["annotations"]
    assert event["visibility"] == "not shown"  # mAP_unshown is of such
    half = imported.database["epl/1 - 0/2"]["annotations"]
    assert half == [{"label": "Goal", "label_id": 1, "time": 62.0}]  # no position: by gameTime


def test_other_files_of_a_game_are_not_read(load: Callable, write: Callable) -> None:
    write("g/Labels-v2.json", SOCCERNET)
    write("g/Labels-cameras.json", SOCCERNET)
    root = write("g/Labels.json", SOCCERNET).parent
    assert len(load(root).database["epl/1 - 0/1"]["annotations"]) == 1


def test_predictions_beside_labels_are_no_annotations(load: Callable, write: Callable) -> None:
    root = write("g/Labels-v2.json", SOCCERNET).parent
    rows = [dict(gameTime="1 - 00:20", label="Goal", position="20000", half="1", confidence="0.9")]
    path = write("g/results_spotting.json", dict(UrlLocal=SOCCERNET["UrlLocal"], predictions=rows))
    both = load(root)
    assert [e["time"] for e in both.database["epl/1 - 0/1"]["annotations"]] == [18.25]
    assert any("predictions beside Labels-v2.json, left out" in note for note in both.notes)
    assert load(path).database["epl/1 - 0/1"]["annotations"][0]["score"] == 0.9, "by name"


def test_a_half_without_events_is_a_recording(load: Callable, write: Callable) -> None:
    """SoccerNet's evaluator counts what is predicted there."""
    first = {**SOCCERNET, "annotations": SOCCERNET["annotations"][:1]}
    database = load(write("g/Labels-v2.json", first)).database
    assert database["epl/1 - 0/2"]["annotations"] == []


def test_what_others_call_so(load: Callable, write: Callable) -> None:
    """Keys and columns named like details may hold anything."""
    instance = dict(label="run", segment=[1, 2], subject=3, score="high", comment=None)
    entry = dict(subset="x", annotations=[instance], media=["a.mp4"])
    found = load(write("a.json", dict(database=dict(a=entry)))).database["a"]
    assert found["annotations"][0] == dict(label="run", label_id=0, segment=[1, 2], subject="3")
    table = load(write("a.csv", "recording,start,end,label,score\na,1,2,run,high\n"))
    assert "score" not in table.database["a"]["annotations"][0]


def test_spot(load: Callable, write: Callable) -> None:
    imported = load(write("train.json", SPOT), fps=50)
    assert imported.database["v1"] == {
        "subset": "training", "duration": 4.0, "fps": 25.0,
        "annotations": [{"label": "serve", "label_id": 1, "time": 1.0, "comment": "ace"},
                        {"label": "bounce", "label_id": 0, "time": 2.0, "score": 0.5}],
    }  # fmt: skip
    assert imported.database["v2"]["annotations"][0]["time"] == 1.0  # 50 frames of --fps
    with pytest.raises(ValueError, match="video 'v2': its frame rate is not known: give --fps"):
        load(write("train.json", SPOT))


POINTS = "recording,start,end,event_time,label\na,1,2,,run\na,,,3.5,hop\na,,,4,run\n"


def test_points_of_a_table(load: Callable, write: Callable, tmp_path: Path) -> None:
    """Kept, written and read again; classes of segments are numbered first, without gaps."""
    imported = load(write("a.csv", POINTS))
    assert imported.database["a"]["annotations"] == [
        {"label": "run", "label_id": 0, "segment": [1.0, 2.0]},
        {"label": "hop", "label_id": 1, "time": 3.5},
        {"label": "run", "label_id": 0, "time": 4.0},
    ]
    for name in ("b.json", "b.csv"):
        write_annotations(tmp_path / name, imported.database)
        assert load(tmp_path / name).database == imported.database


def test_empty_segments_can_be_points(load: Callable, write: Callable) -> None:
    path = write("a.csv", "recording,start,end,label\na,1,2,run\na,3,3,hop\n")
    with pytest.raises(ValueError, match="events without duration: --bad-segments point"):
        load(path)
    assert load(path, bad_segments="point").database["a"]["annotations"][1]["time"] == 3.0


def test_points_outside_their_recording(load: Callable, write: Callable) -> None:
    content = copy.deepcopy(SPOT[:1])
    content[0]["events"][0]["frame"] = 101  # one behind the last: within a frame of the end
    assert load(write("a.json", content)).database["v1"]["annotations"][0]["time"] == 4.0
    content[0]["events"][0]["frame"] = 105
    with pytest.raises(ValueError, match="event outside the recording"):
        load(write("a.json", content))


def test_training_leaves_points_out(load: Callable, write: Callable, tmp_path: Path) -> None:
    imported = load(write("a.csv", POINTS))
    write_annotations(tmp_path / "b.json", imported.database)
    file = AnnotationFile(tmp_path / "b.json")
    assert file.num_points == 2 and file.class_names(None) == ["run"]
    assert [i["segment"] for i in file.database["a"]["annotations"]] == [[1.0, 2.0]]
    for instance in imported.database["a"]["annotations"]:
        instance.pop("segment", None)
        instance.setdefault("time", 1.0)
    write_annotations(tmp_path / "c.json", imported.database)
    with pytest.raises(ValueError, match="all instances are events without duration"):
        AnnotationFile(tmp_path / "c.json").class_names(None)
