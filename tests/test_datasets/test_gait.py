"""IPOL's gait data (AGPL, never committed): three sensors per recording, with lost packets."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmtal.preparation.verification import verify

DEVICES = ("lb", "lf", "rf")


@pytest.mark.slow
def test_no_step_ends_past_the_grid(shared_data, tmp_path: Path) -> None:
    """Steps count the ticks of the packet counter, at 100 Hz, and not the rows."""
    gait = shared_data("ipol_gait/GaitData")
    database, past_the_rows = {}, 0
    for file in sorted(gait.glob("*.json")):
        trial = json.loads(file.read_text())
        steps = [(foot, step) for foot in ("Left", "Right") for step in trial[f"{foot}FootEvents"]]
        annotations = [
            dict(label=foot, segment=[start / 100, (end + 1) / 100]) for foot, (start, end) in steps
        ]
        subset = "test" if trial["Subject"] > 15 else "training"
        database[file.stem] = dict(subset=subset, fps=100, annotations=annotations)
        rows = []
        for device in DEVICES:
            (tmp_path / device).mkdir(exist_ok=True)
            table = gait / f"{file.stem}_{device}.txt"
            rows.append(table.read_text().count("\n") - 2)
            (tmp_path / device / f"{file.stem}.txt").symlink_to(table)
        past_the_rows += sum(end >= min(rows) for _, (_, end) in steps)
    (tmp_path / "tables.yaml").write_text("{time: PacketCounter, unit: 0.01, start: 0}")
    (tmp_path / "annotations.json").write_text(json.dumps({"database": database}))
    assert len(database) == 110 and past_the_rows > 30
    folders = [tmp_path / device for device in DEVICES]
    report = verify(tmp_path / "annotations.json", features=folders)
    assert report.ok, report.format()
    extents = report.extents
    assert len(extents) == 110
    for name, entry in database.items():
        assert np.max([a["segment"] for a in entry["annotations"]]) <= extents[name] + 1e-6, name
