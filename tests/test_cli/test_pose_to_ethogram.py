"""From pose files to an ethogram: two dots in an arena, which chase and touch each other."""

import csv
from pathlib import Path

import numpy as np
import pytest

from mmtal.cli.main import main
from mmtal.preparation.importers import Source, import_annotations

FPS, SECONDS = 25, 80
Bout = tuple[str, float, float, str]


def circle(turns: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(turns), np.sin(turns)], axis=1)


def arena(path: Path, random: np.random.Generator) -> list[Bout]:
    """Write the tracks of a recording in DeepLabCut's form; returned are its bouts."""
    times = np.arange(FPS * SECONDS) / FPS
    red = 300 + 200 * np.stack(
        [np.sin(0.11 * times + random.uniform(0, 6)), np.cos(0.13 * times + random.uniform(0, 6))],
        axis=1,
    )
    blue = red + 180 * circle(0.05 * times + random.uniform(0, 6))
    bouts, start = [], 4.0
    while start < SECONDS - 8:
        length, label = random.uniform(3, 5), ("chase", "contact")[random.integers(2)]
        inside = (times >= start) & (times < start + length)
        since = times[inside] - start
        if label == "contact":
            blue[inside] = red[inside] + 12 * circle(9 * since)
        else:
            red[inside] += 60 * circle(5 * since)
            blue[inside] = red[inside] + 50 * circle(5 * since - 1.5)
        bouts.append((path.stem, round(start, 2), round(start + length, 2), label))
        start += length + random.uniform(3, 6)
    points = np.stack([red, red + [20, 0], blue, blue + [20, 0]], axis=1)
    points += random.normal(0, 0.5, points.shape)
    likelihood = np.where(random.random(points.shape[:2]) < 0.02, 0.1, 0.95)[..., None]
    values = np.concatenate([points, likelihood], axis=2).reshape(len(times), 12)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        write = csv.writer(file).writerow
        write(["scorer", *["arena"] * 12])
        write(["individuals", *["red"] * 6, *["blue"] * 6])
        write(["bodyparts", *(["nose"] * 3 + ["tail"] * 3) * 2])
        write(["coords", *["x", "y", "likelihood"] * 4])
        for frame, row in enumerate(values):
            write([frame, *map("{:.2f}".format, row)])
    return bouts


@pytest.mark.slow
def test_from_pose_files_to_an_ethogram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    names = [f"mice/features/pair {k}.csv" for k in range(8)]
    bouts = [bout for name in names for bout in arena(Path(name), random)]
    hidden = [bout for k in (8, 9) for bout in arena(Path(f"new/pair {k}.csv"), random)]
    with open("labels.csv", "w", newline="") as file:
        csv.writer(file).writerows([["recording", "start", "end", "label"], *bouts])
    main([
        "data", "import", "labels.csv", "--features", "mice/features", "--fps", str(FPS),
        "--feature-stride", "1", "--snippet-frames", "1",
        "--shares", "training=0.75", "validation=0.25", "--out", "mice/annotations.json",
    ])  # fmt: skip
    main(["run", "auto", "--data-path", "mice", "--epochs", "8", "--work-dir", "work"])
    config = Path("work/config.py").read_text()
    assert "'blue.nose'" in config and "distances='all'" in config
    last = Path("work/last_checkpoint").read_text().strip()
    main([
        "infer", "work/config.py", last, "new", "--fps", str(FPS), "--score-thr", "0.5",
        "--to", "elan", "--out", "ethogram",
    ])  # fmt: skip
    found = import_annotations([Source(Path("ethogram"))]).database
    hits = 0
    for name, start, end, label in hidden:
        near = [i["segment"] for i in found[name]["annotations"] if i["label"] == label]
        hits += any(abs(a - start) < 0.5 and abs(b - end) < 0.5 for a, b in near)
    assert hits >= 0.8 * len(hidden), found
    assert sum(len(entry["annotations"]) for entry in found.values()) <= 1.3 * len(hidden)
