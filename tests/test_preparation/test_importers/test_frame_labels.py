"""A label for each frame: 50 Salads, GTEA, Breakfast."""

from collections.abc import Callable
from pathlib import Path

import pytest
from importer_helpers import instances

from mmtal.preparation.importers import ImportOptions, Source, import_annotations, read_class_names

FRAMES = "background\n" * 4 + "take\n" * 2 + "open\n" * 3 + "take\n"


def test_runs_are_instances(load: Callable, write: Callable) -> None:
    imported = load(write("S1_Tea_C1.txt", FRAMES), fps=2)
    assert imported.formats == ("frames",)
    assert imported.database["S1_Tea_C1"]["duration"] == 5.0
    assert imported.database["S1_Tea_C1"]["fps"] == 2
    expected = [("take", 2.0, 3.0), ("open", 3.0, 4.5), ("take", 4.5, 5.0)]
    assert instances(imported, "S1_Tea_C1") == expected
    assert imported.dropped == {"background": 1}


def test_background_by_choice(load: Callable, write: Callable) -> None:
    path = write("a.txt", FRAMES)
    assert len(instances(load(path, fps=2, background=()), "a")) == 4
    imported = load(path, fps=2, background=("Background", "take"))
    assert [label for label, *_ in instances(imported, "a")] == ["open"]


def test_folder_with_mapping_and_lists(write: Callable, tmp_path: Path) -> None:
    """As the three data sets lie on disk."""
    for name in ("P1_a", "P2_a", "P3_a"):
        write(f"gtea/groundTruth/{name}.txt", FRAMES)
    write("gtea/mapping.txt", "0 background\n1 open\n2 take\n")
    train = write("gtea/splits/train.split1.bundle", "P1_a.txt\nP2_a.txt\n")
    test = write("gtea/splits/test.split1.bundle", "#/groundTruth/P3_a.txt\n")
    imported = import_annotations(
        [Source(tmp_path / "gtea")],
        options=ImportOptions(fps=15, classes=read_class_names(tmp_path / "gtea" / "mapping.txt")),
        lists=[Source(train, "training"), Source(test, "test")],
    )
    subsets = {name: entry["subset"] for name, entry in imported.database.items()}
    assert subsets == {"P1_a": "training", "P2_a": "training", "P3_a": "test"}
    # numbered as in the mapping, less the background before them
    ids = {i["label"]: i["label_id"] for i in imported.database["P1_a"]["annotations"]}
    assert ids == {"open": 0, "take": 1}


def test_recordings_on_no_list_are_left_out(load: Callable, write: Callable) -> None:
    paths = [write(f"{name}.txt", FRAMES) for name in "ab"]
    imported = load(*paths, fps=1, lists=[Source(write("train.bundle", "b\n"), "training")])
    assert list(imported.database) == ["b"]
    assert imported.dropped["recording on no list"] == 1
    imported = load(*paths, fps=1, lists=[Source(write("test.bundle", "b\n"), "test")])
    assert {k: v["subset"] for k, v in imported.database.items()} == {"a": "training", "b": "test"}
    assert "on no list, hence 'training': 1 recording" in imported.notes


def test_numbers_as_labels(load: Callable, write: Callable) -> None:
    path = write("a.txt", "0\n0\n1\n1\n")
    assert [i[0] for i in instances(load(path, fps=1), "a")] == ["0", "1"]
    named = load(path, fps=1, classes={0: "background", 1: "take"})
    assert [i[0] for i in instances(named, "a")] == ["take"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (FRAMES, {}, "need the frame rate: give --fps"),
        ("take\ntake\n\nopen\n", {"fps": 1}, "a.txt, line 3: a frame has no label"),
        (FRAMES, {"fps": 0}, "fps must be > 0, but got 0"),
        (FRAMES, {"fps": 1, "classes": {0: "take"}}, "line 7: label 'open' has no number in the"),
    ],
)
def test_errors(load: Callable, write: Callable, text: str, options: dict, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        load(write("a.txt", text), **options)
    assert message in str(caught.value)


def test_lists_must_fit(load: Callable, write: Callable) -> None:
    path = write("a.txt", FRAMES)
    lists = [Source(write("1.bundle", "a\nb\n"), "x"), Source(write("2.bundle", "a\n"), "y")]
    with pytest.raises(ValueError) as caught:
        load(path, fps=1, lists=lists)
    assert "1.bundle, line 2: there is no recording 'b'" in str(caught.value)
    assert "2.bundle, line 1: recording 'a' is on another list" in str(caught.value)


def test_only_background(load: Callable, write: Callable) -> None:
    path = write("a.txt", "background\nbackground\n")
    imported = load(path, write("b.txt", FRAMES), fps=1)
    with pytest.raises(ValueError, match=r"no instance could be read .*left out: 1 x background"):
        load(path, fps=1)
    assert imported.database["a"]["annotations"] == []
