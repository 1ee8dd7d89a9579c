"""Test a checkpoint: python tools/test.py CONFIG CHECKPOINT."""

import argparse
import os

from mmengine.config import DictAction

from mmtal.cli.entry import run_tool
from mmtal.engine.runner import build_runner, load_config, main_metric


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="config file")
    parser.add_argument("checkpoint", help="checkpoint file")
    parser.add_argument("--out", help="write the detections here, as ActivityNet results JSON")
    parser.add_argument("--show-dir", help="draw each recording's predictions into this folder")
    parser.add_argument("--work-dir", help="where logs go")
    parser.add_argument("--launcher", choices=["none", "pytorch", "slurm", "mpi"], default="none")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        metavar="KEY=VALUE",
        help="override values of the config, by dotted name",
    )
    parser.add_argument("--local_rank", "--local-rank", type=int, default=0)
    args = parser.parse_args()
    os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    return args


def main() -> None:
    args = parse_args()
    config = load_config(
        args.config, work_dir=args.work_dir, launcher=args.launcher, options=args.cfg_options
    )
    config.load_from = args.checkpoint
    if args.out:
        main_metric(config.test_evaluator)["out_file"] = args.out
    if args.show_dir:
        pictures = dict(type="PredictionPicturesHook", show_dir=args.show_dir)
        config.merge_from_dict({"default_hooks.pictures": pictures})
    build_runner(config).test()


if __name__ == "__main__":
    run_tool(main)
