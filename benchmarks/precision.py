"""Accuracy of bfloat16 beside float32: testing with the same weights, training with the same seeds.

``python benchmarks/precision.py --out DIR``: trains the small recipes on HAPT (SBHAR), GTEA and
50 Salads from each seed in both precisions (``mmtal train``, ``--amp``), tests each
and the weights trained in float32 in bfloat16, too. Runs that are in DIR are not done again. Prints
the average mAP in points: of testing the largest difference, limit 0.1; of training the mean
paired difference with its 95 % interval over seeds, which must hold 0, beside the spread of seeds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MMTAL_DATA", ROOT.parent / "shared" / "data"))
CONFIGS = dict(hapt="sbhar_inertial_small", gtea="gtea_cnn", salads50="salads50_cnn")
FOLDERS = dict(hapt="sbhar", gtea="gtea", salads50="salads50")
T975 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}  # Student's t by number of pairs


def mmtal(*arguments: object) -> str:
    command = [sys.executable, "-m", "mmtal", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return done.stdout if done.returncode == 0 else sys.exit(done.stderr[-2000:])


def score(data: str, seed: int, out: Path, *, trained: list[str], tested: list[str]) -> float:
    """Average mAP (points) of a run that is trained and tested with these flags."""
    config = f"actionformer/{CONFIGS[data]}"
    work_dir = out / f"{data}_{seed}{''.join(trained)}"
    result = out / f"{work_dir.name}_test{''.join(tested)}.json"
    options = ["--cfg-options"] + [
        f"{loader}_dataloader.dataset.data_root={DATA / FOLDERS[data]}"
        for loader in ("train", "val", "test")
    ]
    if not (work_dir / "last_checkpoint").exists():
        mmtal("train", config, "--work-dir", work_dir, "--seed", seed, *trained, *options)
    if not result.exists():
        checkpoint = (work_dir / "last_checkpoint").read_text().strip()
        text = mmtal(
            "test", config, checkpoint, "--json", "--work-dir", out / "test", *tested, *options
        )
        result.write_text(text)
    metrics = json.loads(result.read_text())
    return 100 * next(value for name, value in metrics.items() if name in ("mAP", "tal/mAP"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", nargs="+", choices=CONFIGS, default=list(CONFIGS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    for data in args.data:
        if not (DATA / FOLDERS[data]).exists():
            sys.exit(f"skipped: needs {DATA / FOLDERS[data]} (set MMTAL_DATA)")
        exact, tested, trained = [], [], []
        for seed in args.seeds:
            exact.append(score(data, seed, args.out, trained=[], tested=[]))
            tested.append(score(data, seed, args.out, trained=[], tested=["--amp"]))
            trained.append(score(data, seed, args.out, trained=["--amp"], tested=["--amp"]))
            print(data, seed, *(f"{v[-1]:.2f}" for v in (exact, tested, trained)), flush=True)
        worst = max(abs(a - b) for a, b in zip(exact, tested, strict=True))
        print(f"{data} testing: largest difference {worst:.3f} points, ratio {worst / 0.1:.2f}")
        if len(exact) > 1:
            pairs = [b - a for a, b in zip(exact, trained, strict=True)]
            half = T975[len(pairs)] * statistics.stdev(pairs) / len(pairs) ** 0.5
            print(
                f"{data} training: float32 {statistics.mean(exact):.2f} +- "
                f"{statistics.stdev(exact):.2f}, bfloat16 {statistics.mean(trained):.2f} +- "
                f"{statistics.stdev(trained):.2f}, paired {statistics.mean(pairs):+.2f} "
                f"({statistics.mean(pairs) - half:+.2f} to {statistics.mean(pairs) + half:+.2f}), "
                f"ratio {statistics.mean(trained) / statistics.mean(exact):.3f}"
            )


if __name__ == "__main__":
    main()
