"""Train the demo recipe and write ``demo/checkpoint.pth`` in half precision, with its record.

Example:
    python demo/make_checkpoint.py
"""

import json
from dataclasses import asdict
from pathlib import Path

import torch

from mmtal.checkpoints.loading import load_checkpoint_file
from mmtal.engine.runner import build_runner
from mmtal.evaluation.operating_point import OperatingPoint
from mmtal.experiments.experiment import prepare_config, run_experiment

HERE = Path(__file__).resolve().parent
CHECKPOINT = HERE / "checkpoint.pth"
WORK_DIR = Path("work_dirs/demo_checkpoint")


def main() -> None:
    config = prepare_config("demo", data_path=HERE.parent / "data" / "hapt", work_dir=WORK_DIR)
    full = run_experiment(config)
    write_half(Path((WORK_DIR / "last_checkpoint").read_text().strip()))
    config.load_from = str(CHECKPOINT)
    runner = build_runner(config)
    half = runner.test()
    [metric] = runner.test_evaluator.metrics
    keep_threshold(metric.operating_point)
    run = json.loads((WORK_DIR / "metrics.json").read_text())
    record = dict(
        command="python demo/make_checkpoint.py",
        config="actionformer/demo",
        data="data/hapt",
        seed=run["seed"],
        versions=run["versions"],
        mAP=dict(float32=round(full["tal/mAP"], 4), float16=round(half["tal/mAP"], 4)),
    )
    (HERE / "checkpoint.json").write_text(json.dumps(record, indent=1) + "\n")


def write_half(trained: Path) -> None:
    """Keep the weights, in half precision, and what they were trained on."""
    full = load_checkpoint_file(trained, map_location="cpu")
    weights = {name: value.half() for name, value in full["state_dict"].items()}
    facts = full["meta"]["dataset_meta"]
    kept = ("classes", "longest_recording", "longest_instance")
    meta = dict(epoch=full["meta"]["epoch"], dataset_meta={key: facts[key] for key in kept})
    torch.save(dict(meta=meta, state_dict=weights), CHECKPOINT)


def keep_threshold(point: OperatingPoint) -> None:
    """Store the threshold of best F1 of the rounded weights, whose scores differ a little."""
    content = load_checkpoint_file(CHECKPOINT, map_location="cpu")
    content["meta"]["operating_point"] = asdict(point)
    torch.save(content, CHECKPOINT)


if __name__ == "__main__":
    main()
