"""Folders of tables of sensors, as they come from loggers."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmtal.experiments.auto_template import find_own_data
from mmtal.preparation.importers import ImportOptions, Source, import_annotations
from mmtal.preparation.suggestion import summarize
from mmtal.preparation.verification import verify


@pytest.fixture
def walks(tmp_path: Path) -> Path:
    """Four recordings of 20 s at about 50 samples per second, annotated in two subsets."""
    random, database = np.random.default_rng(0), {}
    (tmp_path / "features").mkdir()
    for index in range(4):
        times = np.arange(1000) / 50 + random.uniform(-0.004, 0.004, 1000)
        table = np.column_stack([times, random.normal(size=(1000, 2))])
        path = tmp_path / "features" / f"walk_{index}.csv"
        np.savetxt(path, table, "%.4f", delimiter=",", header="time_s,x [g],y [g]", comments="")
        annotations = [dict(label="step", segment=[k, k + 1.5]) for k in range(2, 18, 3)]
        subset = "training" if index < 3 else "test"
        database[f"walk_{index}"] = dict(subset=subset, annotations=annotations)
    (tmp_path / "annotations.json").write_text(json.dumps({"database": database}))
    return tmp_path


def kinds(root: Path, **options) -> list[tuple[str, str | None]]:
    report = verify(root / "annotations.json", features=root / "features", **options)
    return [(f.kind, f.recording) for f in report.findings if "missing" not in f.kind]


def change(root: Path, name: str, old: str, new: str, *, lines: slice = slice(None)) -> None:
    path = root / "features" / f"{name}.csv"
    text = path.read_text().split("\n")
    text[lines] = [line.replace(old, new) for line in text[lines]]
    path.write_text("\n".join(text))


def test_the_clock_says_where_samples_lie(walks: Path) -> None:
    assert kinds(walks) == []
    (walks / "features" / "notes.npy").touch(), (walks / "logs").mkdir()
    (walks / "logs" / "a.csv").write_text("1,2\n")
    ann_file, features = find_own_data(walks)
    (walks / "features" / "notes.npy").unlink()
    grid = summarize(ann_file, features=features).grid
    assert (grid.feature_stride, grid.snippet_frames, grid.fps) == (1, 1, 50)
    assert summarize(ann_file, features=features, fps=25).lengths == pytest.approx(500, abs=1)


def test_tables_in_text_files(walks: Path) -> None:
    """Other texts beside them are no features."""
    for path in (walks / "features").glob("*.csv"):
        text = path.read_text().replace(",", "\t")
        path.with_suffix(".txt").write_text(text)
        path.unlink()
    for name, text in (("readme", "walks\nwrist 50 Hz\n"), ("classes", "0 step\n1 run\n")):
        (walks / "features" / f"{name}.txt").write_text(text)
    assert kinds(walks) == []
    assert find_own_data(walks)[1] == [walks / "features"]


def test_constant_channels_are_named_at_any_rate(walks: Path) -> None:
    for path in (walks / "features").glob("*.csv"):
        head, *rows = path.read_text().strip().split("\n")
        lines = [f"{head},battery", *(f"{row},3.7" for row in rows)]
        path.write_text("\n".join(lines))
    for fps in (50, 20):
        report = verify(walks / "annotations.json", features=walks / "features", fps=fps)
        texts = [str(f.value) for f in report.findings if f.kind == "constant channel"]
        folder = walks / "features"
        assert texts == [f"1 of 3 channels (battery) in all 4 recordings of {folder}"]


def test_gaps_and_strange_columns_are_found(walks: Path) -> None:
    path = walks / "features" / "walk_0.csv"
    lines = path.read_text().split("\n")
    path.write_text("\n".join(lines[:200] + lines[300:]))
    change(walks, "walk_1", "x [g]", "x [m/s^2]")
    change(walks, "walk_2", "x [g],y [g]", "y [g],x [g]")
    rows = (walks / "features" / "walk_3.csv").read_text().split("\n")[1:-1]
    counted = [f"{n},{row}" for n, row in enumerate(rows)]
    text = "\n".join(["number,time_s,x [g],y [g]", *counted])
    (walks / "features" / "walk_3.csv").write_text(text)
    assert kinds(walks) == [
        ("unusable feature file", "walk_3"),
        ("other columns", "walk_1"),
        ("other columns", "walk_2"),
        ("irregular samples", "walk_0"),
    ]


def test_import_takes_durations_and_absolute_times_from_tables(walks: Path) -> None:
    for index in range(4):
        path = walks / "features" / f"walk_{index}.csv"
        head, *rows = path.read_text().split("\n")[:-1]
        seconds = [float(row.split(",")[0]) + 10 for row in rows]
        stamps = (f"2024-05-01T10:00:{s:09.6f}+02:00" for s in seconds)
        rows = [f"{t},{row.partition(',')[2]}" for t, row in zip(stamps, rows, strict=True)]
        path.write_text("\n".join([head.replace("time_s", "datetime"), *rows]))
    start = json.dumps("2024-05-01T08:00:12Z"), json.dumps("2024-05-01T08:00:13.5Z")
    (walks / "labels.csv").write_text(f"recording,start,end,label\nwalk_0,{','.join(start)},step\n")
    found = import_annotations(
        [Source(walks / "labels.csv")], features=walks / "features", options=ImportOptions()
    )
    entry = found.database["walk_0"]
    assert entry["duration"] == pytest.approx(20, abs=0.05) and entry["fps"] == 50
    assert entry["annotations"][0]["segment"] == pytest.approx([2.0, 3.5], abs=0.01)
