"""mAP of small recipes, plugins and suggested configs on real data, beside the official release's.

Each run is one call of the wrapper; runs that are finished (``metrics.json`` in their work dir) are
not repeated, interrupted ones go on. The release's figures are one seed each, measured once on
another machine (seed 0, last epoch's weights).
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

# name: template, data folder, annotations, seeds, the release's average mAP .3:.7 in percent
CASES = {
    "salads50 split 1": ("salads50_cnn", "salads50", None, (0, 1, 2), 60.19),
    "gtea split 1": ("gtea_cnn", "gtea", None, (0, 1, 2), 38.84),
    "sbhar subject 0": ("sbhar_inertial_small", "sbhar", 0, (0, 1, 2), 96.64),
    "sbhar subject 1": ("sbhar_inertial_small", "sbhar", 1, (0,), None),
    "sbhar subject 2": ("sbhar_inertial_small", "sbhar", 2, (0,), None),
    "sbhar subject 3": ("sbhar_inertial_small", "sbhar", 3, (0,), None),
    "sbhar subject 4": ("sbhar_inertial_small", "sbhar", 4, (0,), None),
    "sphere fold 0": ("sphere", "sphere", None, (0, 1, 2), 3.08),
    "salads50 split 1, suggested": (SUGGESTED, "salads50", None, (0, 1, 2), 60.19),
    "gtea split 1, suggested": (SUGGESTED, "gtea", None, (0, 1, 2), 38.84),
    "sbhar subject 0, suggested": (SUGGESTED, "sbhar", None, (0, 1, 2), 96.64),
    "sphere fold 0, suggested": (SUGGESTED, "sphere", None, (0, 1, 2), 3.08),
    "hapt": ("demo", "hapt", None, (0, 1, 2), None),
    "hapt, suggested": (SUGGESTED, "hapt", None, (0, 1, 2), None),
}
for project, method in (("temporalmaxer", "TemporalMaxer"), ("tridet", "TriDet")):
    for name in ("salads50 split 1", "gtea split 1", "sbhar subject 0"):
        template, folder, subject, seeds, _ = CASES[name]
        template = str(ROOT / "projects" / project / "configs" / f"{template}.py")
        CASES[f"{name}, {method}"] = (template, folder, subject, seeds, None)

# where tools/suggest_config.py finds annotations and features
DATA_FILES = {
    "salads50": ("annotations/split1.json", "features_split1"),
    "gtea": ("annotations/split1.json", "features_split1"),
    "sbhar": ("annotations/loso_sbj_0.json", "features"),
    "sphere": ("annotator0_fold0.json", "features"),
    "hapt": ("annotations.json", "features"),
}


def data_path(folder: str) -> Path:
    """Folder of a data set; ``hapt`` is embedded."""
    return ROOT / "data" / folder if folder == "hapt" else DATA / folder


def suggest(folder: str, work_root: Path) -> Path:
    """Write the config that is suggested for a data set, unless it is there."""
    path = work_root / f"{folder}_suggested.py"
    if not path.exists():
        ann_file, features = (data_path(folder) / name for name in DATA_FILES[folder])
        command = [
            sys.executable, ROOT / "tools" / "suggest_config.py", "--ann", ann_file,
            "--features", features, "--out", path,
        ]  # fmt: skip
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return path


def run_one(name: str, seed: int, work_root: Path) -> dict:
    """One training and test; returns its metrics, seed, versions and stamp."""
    template, folder, subject, _, _ = CASES[name]
    output = f"{name.replace(' ', '_').replace(',', '')}_seed{seed}"
    work_dir = work_root / "work_dirs" / output
    config = suggest(folder, work_root) if template == SUGGESTED else template
    if not (work_dir / "metrics.json").exists():
        command = [
            sys.executable, ROOT / "train_actionformer_wrapper.py", "--config_template", config,
            "--data_path", data_path(folder), "--output_name", output, "--seed", str(seed),
            "--resume",
        ]  # fmt: skip
        if subject is not None:
            ann_file = f"annotations/loso_sbj_{subject}.json"
            command += ["--cfg-options"] + [
                f"{loader}.dataset.ann_file={ann_file}"
                for loader in ("train_dataloader", "val_dataloader", "test_dataloader")
            ]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (work_root / f"{output}.log").open("w") as log:
            subprocess.run(
                command, cwd=work_root, env=env, stdout=log, stderr=subprocess.STDOUT, check=True
            )
    record = json.loads((work_dir / "metrics.json").read_text())
    stamp = json.loads((work_dir / "results.json").read_text())["mmtal"]
    shown = str(template).replace(f"{ROOT}/", "")
    found = dict(case=name, template=shown, stamp=stamp, **record)
    if template == SUGGESTED:  # rules may change, the figures' config does not
        found["config"] = config.read_text().replace(str(data_path(folder).parent), "DATA")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work-root", type=Path, default=Path("work_dirs/accuracy"))
    parser.add_argument("--only", nargs="+", choices=list(CASES), metavar="CASE")
    parser.add_argument("--out", type=Path, help="write all records here as JSON")
    args = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"skipped: needs {DATA} (set MMTAL_DATA to the folder that holds the data sets)")
    args.work_root = args.work_root.resolve()
    args.work_root.mkdir(parents=True, exist_ok=True)
    records = []
    for name in args.only or CASES:
        _, _, _, seeds, reference = CASES[name]
        runs = [run_one(name, seed, args.work_root) for seed in seeds]
        records += runs
        values = [100 * run["metrics"]["tal/mAP"] for run in runs]
        spread = f" +- {statistics.stdev(values):.2f}" if len(values) > 1 else ""
        stamp = runs[0]["stamp"]
        text = (
            f"{name}: mAP {statistics.mean(values):.2f}{spread} (seeds "
            f"{', '.join(f'{s}: {v:.2f}' for s, v in zip(seeds, values, strict=True))}; protocol "
            f"{stamp['protocol']}, {stamp['num_videos']} recordings, list "
            f"{stamp['video_list_sha256'][:8]})"
        )
        if reference:
            ratio = statistics.mean(values) / reference
            text += f", reference {reference:.2f} (release, seed 0, recorded), ratio {ratio:.2f}"
        print(text, flush=True)
    if args.out:
        args.out.write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    main()
