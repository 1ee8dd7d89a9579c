"""Verifying 20,000 small recordings, beside a plain loop of ``np.load`` over the same files.

python benchmarks/verify.py [--recordings 20000]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mmtal.utils.processor import peak_memory

LENGTH, CHANNELS = 200, 64


def make(root: Path, number: int) -> None:
    """Write ``ann.json`` and ``features/``; ten files are spoiled."""
    (root / "features").mkdir()
    random = np.random.default_rng(0)
    values = random.normal(size=(LENGTH + number % 97 + 97, CHANNELS)).astype(np.float32)
    database = {}
    for index in range(number):
        name = f"rec_{index:05d}"
        array = values[index % 97 :][:LENGTH] + np.float32(index)
        if index % max(1, number // 10) == 1:
            array[7, 3] = np.nan
        np.save(root / "features" / f"{name}.npy", array)
        starts = np.sort(random.uniform(0, 180, 8))
        database[name] = {
            "subset": "training" if index % 5 else "validation",
            "duration": float(LENGTH),
            "fps": 1,
            "annotations": [
                {"label": f"c{k % 4}", "label_id": k % 4, "segment": [float(s), float(s) + 12.0]}
                for k, s in enumerate(starts)
            ],
        }
    (root / "ann.json").write_text(json.dumps({"database": database}))


def plain_loop(root: Path) -> int:
    """What people write for themselves: load each file, look for NaN."""
    bad = 0
    for path in sorted((root / "features").iterdir()):
        bad += not np.isfinite(np.load(path)).all()
    return bad


def whole_verification(root: Path) -> int:
    from mmtal.preparation.verification import verify

    ranges = [(0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000)]
    report = verify(
        root / "ann.json",
        features=root / "features",
        feature_stride=1,
        snippet_frames=1,
        max_seq_len=128,
        min_overlap=0.5,
        regression_ranges=ranges,
    )
    return report.counts()["NaN, infinite or absurd feature"]


PARTS = {"np.load": plain_loop, "verify": whole_verification}


def measure(part: str, root: Path) -> None:
    """Run one part in this process, and print its figures."""
    if part == "verify":
        import mmtal.preparation.verification  # noqa: F401
    before = peak_memory() / 2**20
    started, processor = time.perf_counter(), time.process_time()
    bad = PARTS[part](root)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    peak = peak_memory() / 2**20
    found = dict(seconds=seconds, processor=processor, before=before, peak=peak, bad=bad)
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=20_000)
    parser.add_argument("--measure", nargs=2, metavar=("PART", "ROOT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        measure(args.measure[0], Path(args.measure[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root, args.recordings)
        plain = None
        for part in PARTS:
            done = subprocess.run(
                [sys.executable, __file__, "--measure", part, folder],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            found = json.loads(done.stdout)
            plain = plain or found["seconds"]
            print(
                f"{part:8} {args.recordings} recordings of ({LENGTH}, {CHANNELS}): "
                f"{found['seconds']:.1f} s ({found['processor']:.1f} s of processor time), "
                f"{args.recordings / found['seconds']:.0f} recordings/s, "
                f"peak {found['peak']:.0f} MB ({found['before']:.0f} MB after imports), "
                f"{found['bad']} bad, {os.cpu_count()} cores, ratio {found['seconds'] / plain:.2f}"
            )


if __name__ == "__main__":
    main()
