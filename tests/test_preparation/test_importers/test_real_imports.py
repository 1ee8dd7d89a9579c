"""The published files, against the counts in the README of the data."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from importer_helpers import instances

from mmtal.datasets import TemporalDataset
from mmtal.preparation.importers import Imported, write_annotations

Shared = Callable[[str], Path]


def totals(imported: Imported) -> tuple[dict[str, int], dict[str, int]]:
    """Recordings and instances of each subset."""
    recordings = Counter(entry["subset"].lower() for entry in imported.database.values())
    found: Counter[str] = Counter()
    for entry in imported.database.values():
        found[entry["subset"].lower()] += len(entry["annotations"])
    return dict(recordings), {k: v for k, v in found.items() if v}


def num_classes(imported: Imported) -> int:
    return len({i["label"] for e in imported.database.values() for i in e["annotations"]})


CASES = [
    (
        "thumos14/thumos14.json",
        dict(validation=200, test=212),
        dict(validation=3007, test=3358),
        20,
        ["30 kept as published: segment outside the recording"],
    ),
    (
        "activitynet13/activitynet13.json",
        dict(training=9649, validation=4926, testing=4851),
        dict(training=14859, validation=7654),
        200,
        [
            "215 kept as published: segment outside the recording",
            "12 kept as published: empty segment",
            "198 recordings without duration: give --durations, or --features with "
            "--feature-stride and --snippet-frames (unless features.yaml says them), here or when "
            "a config is suggested or trained",
        ],
    ),
    (
        "multithumos/multithumos.json",
        dict(validation=200, test=212),
        dict(validation=18482, test=20186),
        65,
        [
            "30 kept as published: reversed segment",
            "7 kept as published: empty segment",
            "35 kept as published: segment outside the recording",
        ],
    ),
    (
        "charades/charades.json",
        dict(training=7985, testing=1863),
        dict(training=49809, testing=16691),
        157,
        ["7 kept as published: reversed segment"],
    ),
]


@pytest.mark.parametrize(
    ("name", "recordings", "found", "classes", "notes"),
    [
        pytest.param(
            *case, marks=[pytest.mark.slow] if "thumos14" not in case[0] else [], id=case[0]
        )
        for case in CASES
    ],
)
def test_counts_and_round_trip(
    shared_data: Shared,
    load: Callable,
    tmp_path: Path,
    name: str,
    recordings: dict,
    found: dict,
    classes: int,
    notes: list[str],
) -> None:
    imported = load(shared_data(f"benchmarks/{name}"), bad_segments="keep")
    assert totals(imported) == (recordings, found)
    assert num_classes(imported) == classes
    assert set(notes) <= set(imported.notes)
    assert not imported.dropped
    write_annotations(tmp_path / "back.csv", imported.database)
    again = load(tmp_path / "back.csv", bad_segments="keep")
    assert again.formats == ("csv",)
    assert again.database == imported.database
    assert list(again.database) == list(imported.database)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "classes"), [("verb", 97), ("noun", 293)])
def test_epic(shared_data: Shared, load: Callable, kind: str, classes: int) -> None:
    folder = shared_data("benchmarks/epic100")
    imported = load(folder / "c2_training.csv", folder / "c2_validation.csv", labels=(kind,))
    assert totals(imported) == (
        dict(training=495, validation=138),
        dict(training=67217, validation=9668),
    )
    assert num_classes(imported) == classes
    assert all(entry["duration"] > 0 for entry in imported.database.values())
    # 300 nouns are named, 7 of them have no instance in either table
    unused = [note for note in imported.notes if note.startswith("7 of 300 classes")]
    assert len(unused) == (kind == "noun")
    first = {"verb": "open", "noun": "cupboard"}[kind]
    assert instances(imported, "P01_01")[0] == (first, 4 / 30, 101 / 30)


def test_epic_frames_and_timestamps_are_the_same_times(shared_data: Shared, load: Callable) -> None:
    """The two validation tables tell the same segments to a frame: frames count from 0 s."""
    folder = shared_data("benchmarks/epic100")
    frames = load(folder / "c2_validation.csv", labels=("verb",))
    times = load(folder / "EPIC_100_validation.csv", labels=("verb",), bad_segments="keep")
    assert totals(frames) == totals(times) == (dict(validation=138), dict(validation=9668))
    assert frames.database.keys() == times.database.keys()
    for name in frames.database:
        pairs = zip(instances(frames, name), instances(times, name), strict=True)
        for (label, start, end), (same, exact_start, exact_end) in pairs:
            assert label == same
            assert abs(start - exact_start) < 0.0334 and abs(end - exact_end) < 0.0334


def write_frame_labels(database: dict, folder: Path, fps: float) -> None:
    """As the data sets are shipped: background where nothing happens."""
    for name, entry in database.items():
        lines = ["background"] * round(entry["duration"] * fps)
        for instance in entry["annotations"]:
            first, last = (round(time * fps) for time in instance["segment"])
            lines[first:last] = [instance["label"]] * (last - first)
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(("name", "fps", "number"), [("salads50", 3, 898), ("gtea", 15, 526)])
def test_frame_labels_give_the_same_instances(
    shared_data: Shared, load: Callable, tmp_path: Path, name: str, fps: float, number: int
) -> None:
    """The data sets with features: to a label for each frame, back, and into a dataset."""
    root = shared_data(name)
    content = json.loads((root / "annotations" / "split1.json").read_text())["database"]
    (tmp_path / "labels").mkdir()
    write_frame_labels(content, tmp_path / "labels", fps)
    imported = load(tmp_path / "labels", fps=fps)
    assert sum(len(entry["annotations"]) for entry in imported.database.values()) == number
    for video, entry in content.items():
        ours = imported.database[video]["annotations"]
        theirs = sorted(entry["annotations"], key=lambda i: i["segment"])
        assert [(i["label"], i["label_id"]) for i in ours] == [
            (i["label"], i["label_id"]) for i in theirs
        ]
        for mine, other in zip(ours, theirs, strict=True):
            assert mine["segment"] == pytest.approx(other["segment"])
    write_annotations(tmp_path / "ann.json", imported.database)
    dataset = TemporalDataset(
        str(tmp_path / "ann.json"),
        features=str(root / "features_split1"),
        subset="training",
        feature_stride=1,
        snippet_frames=1,
    )
    assert len(dataset) == len(content)
