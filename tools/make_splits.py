"""Pack all splits of 50 Salads or GTEA: annotations, and the spatial CNN features of Lea et al.

    git clone https://github.com/bityangke/AP_TCN
    python tools/make_splits.py AP_TCN salads50 --out data/salads50
    python tools/make_splits.py AP_TCN gtea --out data/gtea

Each split has features of its own, of a network that was trained on the split's training videos.
Which videos a split tests is the protocol's (salads50/ed-tcn, gtea/ed-tcn).
"""

import argparse
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from mmtal.evaluation.protocols import find_protocol

COMMIT = "655684133f90"
FOLDERS = {"salads50": "features/50Salads/SpatialCNN_mid", "gtea": "features/GTEA/SpatialCNN"}
FPS = {"salads50": 3, "gtea": 15}


def git(repository: Path, *arguments: str) -> bytes:
    """What git prints."""
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise SystemExit(f"{repository}: must be a clone of bityangke/AP_TCN; git: {reason}")
    return done.stdout


def instances(rows: NDArray[np.int64], fps: int) -> list[dict[str, Any]]:
    """Runs of one class as annotations; class 0 is background."""
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(rows)) + 1, [len(rows)]])
    return [
        dict(
            label=f"class_{rows[start]:02d}",
            label_id=int(rows[start]) - 1,
            segment=[start / fps, end / fps],
        )
        for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
        if rows[start]
    ]


def pack_split(repository: Path, name: str, number: int, tested: tuple[str, ...], out: Path) -> int:
    """Write features and annotations of one split; the number of its recordings."""
    folder, fps = f"{FOLDERS[name]}/Split_{number}", FPS[name]
    paths = git(repository, "ls-tree", "-r", "--name-only", COMMIT, f"{folder}/").decode().split()
    features = out / f"features_split{number}"
    features.mkdir(parents=True, exist_ok=True)
    database = {}
    for path in paths:
        video = Path(path).name.split(".")[0]
        arrays = loadmat(io.BytesIO(git(repository, "show", f"{COMMIT}:{path}")))
        rows = arrays["Y"].ravel()
        np.save(features / f"{video}.npy", arrays["A"].astype(np.float16))
        database[video] = dict(
            subset="Validation" if video.startswith(tested) else "Training",
            duration=len(rows) / fps,
            fps=float(fps),
            annotations=instances(rows, fps),
        )
    annotations = out / "annotations" / f"split{number}.json"
    annotations.parent.mkdir(exist_ok=True)
    annotations.write_text(json.dumps(dict(version=f"{name} split{number}", database=database)))
    return len(database)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", type=Path, help="clone of bityangke/AP_TCN")
    parser.add_argument("name", choices=FOLDERS)
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    args = parser.parse_args()
    rules = find_protocol(f"{args.name}/ed-tcn").frames
    assert rules is not None
    for number, tested in enumerate(rules.splits, start=1):
        count = pack_split(args.repository, args.name, number, tested, args.out)
        print(f"split {number}: {count} recordings")


if __name__ == "__main__":
    main()
