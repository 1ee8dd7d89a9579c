"""Make the data set of gait events data/gait from IPOL's gait recordings (AGPL).

    git clone https://github.com/CyrilVoisard/ipol_dataset_1
    python tools/make_gait.py ipol_dataset_1/GaitData data/gait

Of 19 people's 110 walks there are acceleration and angular velocity of the lower back and of both
feet, on one grid of 100 Hz (their rows lack lost packets: the steps count the packets), and two
annotation files: ``steps.json``, where each foot is in the air, and ``points.json``, when it leaves
the ground and when it is back. People 1 to 12 are for training, 13 to 15 for validation, 16 to 19
for testing.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.datasets import open_features
from mmtal.utils.files import write_json

FPS = 100
DEVICES = ("lb", "lf", "rf")
CHANNELS = [f"{sensor}_{axis}" for sensor in ("Acc", "Gyr") for axis in "XYZ"]
TABLES = dict(time="PacketCounter", unit=0.01, start=0, channels=CHANNELS)
LAST_OF_TRAINING, LAST_OF_VALIDATION = 12, 15


def subset_of(subject: int) -> str:
    """The part of the fixed split that a person is in."""
    if subject > LAST_OF_VALIDATION:
        return "test"
    return "training" if subject <= LAST_OF_TRAINING else "validation"


def read_walk(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entries of a walk: its steps, and where they start and end."""
    walk = json.loads(file.read_text())
    steps, points = [], []
    for side in ("left", "right"):
        for step in walk[f"{side.title()}FootEvents"]:
            segment = [tick / FPS for tick in step]
            steps.append(dict(label=side, segment=segment))
            for which, time in zip(("start", "end"), segment, strict=True):
                points.append(dict(label=f"{side} {which}", time=time))
    entry = dict(subset=subset_of(walk["Subject"]), fps=FPS, group=f"{walk['Subject']:02}")
    return dict(entry, annotations=steps), dict(entry, annotations=points)


def main(walks: Path, out: Path) -> None:
    files = sorted(walks.glob("*-*.json"))
    if not files:
        raise SystemExit(f"{walks}: no S-T.json; expected the folder GaitData of the repository")
    (out / "features").mkdir(parents=True, exist_ok=True)
    databases: dict[str, dict[str, Any]] = {"steps": {}, "points": {}}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "tables.yaml").write_text(json.dumps(TABLES))
        for file in files:
            tables = [Path(folder, f"{file.stem}_{device}.txt") for device in DEVICES]
            for table in tables:
                table.symlink_to(file.resolve().with_name(table.name))
            values = open_features(tables, rate=FPS).read()
            np.save(out / "features" / f"{file.stem}.npy", values)
            for database, entry in zip(databases.values(), read_walk(file), strict=True):
                database[file.stem] = dict(entry, duration=len(values) / FPS)
    for name, database in databases.items():
        write_json(out / f"{name}.json", {"database": database})
    steps = sum(len(entry["annotations"]) for entry in databases["steps"].values())
    print(f"{out}: {len(files)} walks, {steps} steps")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("walks", type=Path, help="folder GaitData")
    parser.add_argument("out", type=Path, help="folder to write, such as data/gait")
    args = parser.parse_args()
    main(args.walks, args.out)
