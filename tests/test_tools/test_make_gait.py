"""tools/make_gait.py: from walks whose rows lack packets to a data set of events and of steps."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

main = runpy.run_path(str(Path(__file__).resolve().parents[2] / "tools" / "make_gait.py"))["main"]
COLUMNS = [f"{sensor}_{axis}" for sensor in ("Acc", "Gyr", "Mag") for axis in "XYZ"]


def write_walk(folder: Path, name: str, subject: int) -> None:
    """A walk of 1 s; each sensor lacks other packets, and shows the packet in its first channel."""
    events = {"LeftFootEvents": [[10, 40]], "RightFootEvents": [[45, 80]]}
    (folder / f"{name}.json").write_text(json.dumps(dict(events, Subject=subject)))
    for place, device in enumerate(("lb", "lf", "rf")):
        rows = [
            "\t".join([str(float(tick)), str(100.0 * place + tick % 7), *["0.5"] * 8])
            for tick in range(100)
            if tick % 20 != place + 1
        ]
        header = "\t".join(["PacketCounter", *COLUMNS])
        text = "\n".join(["Acquisition frequency: 100 Hz", header, *rows])
        (folder / f"{name}_{device}.txt").write_text(text)


def test_events_and_steps_of_aligned_sensors(tmp_path: Path, capsys) -> None:
    for subject in (1, 13, 19):
        write_walk(tmp_path, f"{subject}-1", subject)
    main(tmp_path, tmp_path / "gait")
    assert "3 walks, 6 steps" in capsys.readouterr().out
    points, steps = (
        json.loads((tmp_path / "gait" / f"{name}.json").read_text())["database"]
        for name in ("points", "steps")
    )
    subsets = {"1-1": "training", "13-1": "validation", "19-1": "test"}
    for database in (points, steps):
        assert {name: entry["subset"] for name, entry in database.items()} == subsets
    found = [(i["label"], i["segment"]) for i in steps["1-1"]["annotations"]]
    assert found == [("left", [0.1, 0.4]), ("right", [0.45, 0.8])]
    found = [(i["label"], i["time"]) for i in points["1-1"]["annotations"]]
    expected = [("left start", 0.1), ("left end", 0.4), ("right start", 0.45), ("right end", 0.8)]
    assert found == expected
    values = np.load(tmp_path / "gait" / "features" / "1-1.npy")
    assert values.shape == (100, 18) and steps["1-1"]["duration"] == 1.0
    for place in range(3):  # row n is packet n, whatever was lost before it
        assert values[65, 6 * place] == pytest.approx(100 * place + 65 % 7)


def test_a_folder_without_walks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no S-T.json; expected the folder GaitData"):
        main(tmp_path, tmp_path / "gait")
