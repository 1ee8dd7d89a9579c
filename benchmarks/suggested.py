"""mAP of the configs that mmtal data suggest writes, on real data.

Each run is one call of the wrapper; runs that are finished (``metrics.json`` in their work dir) are
not repeated, interrupted ones go on. Recipes made by hand are in ``benchmarks/leaderboard``; the
demo is repeated here, on the same embedded recordings. The ratio is to the mean that the official
release reaches with the small recipe (reference_seeds.json), where it was run.
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

SUGGESTED = "suggested"

# name: template, folder, annotations, features
CASES = {
    "salads50 split 1": (SUGGESTED, "salads50", "annotations/split1.json", "features_split1"),
    "gtea split 1": (SUGGESTED, "gtea", "annotations/split1.json", "features_split1"),
    "sbhar subject 0": (SUGGESTED, "sbhar", "annotations/loso_sbj_0.json", "features"),
    "sphere fold 0": (SUGGESTED, "sphere", "annotator0_fold0.json", "features"),
    "hapt": (SUGGESTED, "hapt", "annotations.json", "features"),
    "hapt, demo": ("demo", "hapt", "annotations.json", "features"),
}
SEEDS = (0, 1, 2)
RELEASE = {
    "salads50 split 1": "salads50",
    "gtea split 1": "gtea",
    "sbhar subject 0": "sbhar-0",
    "sphere fold 0": "sphere",
}
"""Names in reference_seeds.json."""


def data_path(folder: str) -> Path:
    """Folder of a data set; ``hapt`` is embedded."""
    return ROOT / "data" / folder if folder == "hapt" else DATA / folder


def suggest(name: str, work_root: Path) -> Path:
    """Write the config that is suggested for a data set, unless it is there."""
    _, folder, ann_file, features = CASES[name]
    path = work_root / f"{folder}_suggested.py"
    if not path.exists():
        command = [
            sys.executable, "-m", "mmtal", "data", "suggest",
            "--ann", data_path(folder) / ann_file, "--features", data_path(folder) / features,
            "--out", path,
        ]  # fmt: skip
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return path


def run_one(name: str, seed: int, work_root: Path) -> dict:
    """One training and test; returns its metrics, seed, versions and stamp."""
    template, folder, _, _ = CASES[name]
    output = f"{name.replace(' ', '_').replace(',', '')}_seed{seed}"
    work_dir = work_root / "work_dirs" / output
    config = suggest(name, work_root) if template == SUGGESTED else template
    if not (work_dir / "metrics.json").exists():
        command = [
            sys.executable, ROOT / "train_actionformer_wrapper.py", "--config_template", config,
            "--data_path", data_path(folder), "--output_name", output, "--seed", str(seed),
            "--resume",
        ]  # fmt: skip
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (work_root / f"{output}.log").open("w") as log:
            subprocess.run(
                command, cwd=work_root, env=env, stdout=log, stderr=subprocess.STDOUT, check=True
            )
    record = json.loads((work_dir / "metrics.json").read_text())
    stamp = json.loads((work_dir / "results.json").read_text())["mmtal"]
    found = dict(case=name, template=template, stamp=stamp, **record)
    if template == SUGGESTED:  # rules may change, the figures' config does not
        found["config"] = config.read_text().replace(str(data_path(folder).parent), "DATA")
    return found


def ratio_to_release(name: str, value: float) -> str:
    """The end of a case's line, empty where the release was not run."""
    runs = json.loads((ROOT / "benchmarks" / "reference_seeds.json").read_text())
    theirs = [r["metrics"]["mAP"] for r in runs if r["benchmark"] == RELEASE.get(name)]
    if not theirs:
        return ""
    mean = 100 * statistics.mean(theirs)
    return f"; release {mean:.2f} ({len(theirs)}), ratio {value / mean:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work-root", type=Path, default=Path("work_dirs/suggested"))
    parser.add_argument("--only", nargs="+", choices=list(CASES), metavar="CASE")
    parser.add_argument("--out", type=Path, help="write all records here as JSON")
    args = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"skipped: needs {DATA} (set MMTAL_DATA to the folder that holds the data sets)")
    args.work_root = args.work_root.resolve()
    args.work_root.mkdir(parents=True, exist_ok=True)
    records = []
    for name in args.only or CASES:
        runs = [run_one(name, seed, args.work_root) for seed in SEEDS]
        records += runs
        values = [100 * run["metrics"]["tal/mAP"] for run in runs]
        stamp = runs[0]["stamp"]
        print(
            f"{name}: mAP {statistics.mean(values):.2f} +- {statistics.stdev(values):.2f} (seeds "
            f"{', '.join(f'{s}: {v:.2f}' for s, v in zip(SEEDS, values, strict=True))}; protocol "
            f"{stamp['protocol']}, {stamp['num_videos']} recordings, list "
            f"{stamp['video_list_sha256'][:8]}){ratio_to_release(name, statistics.mean(values))}",
            flush=True,
        )
    if args.out:
        lines = ",\n".join(map(json.dumps, records))
        args.out.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
