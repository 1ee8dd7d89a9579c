"""Train a model: python tools/train.py CONFIG."""

import argparse
import os

from mmengine.config import DictAction

from mmtal.cli.entry import run_tool
from mmtal.engine.runner import build_runner, load_config, set_seed, use_amp


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="config file")
    parser.add_argument("--work-dir", help="where logs and checkpoints go")
    parser.add_argument(
        "--resume",
        nargs="?",
        const="auto",
        help="go on from this checkpoint; without a file, from the latest in the work dir",
    )
    parser.add_argument("--amp", action="store_true", help="mixed precision (needs a GPU)")
    parser.add_argument(
        "--auto-scale-lr",
        action="store_true",
        help="scale the learning rate with the number of processes",
    )
    parser.add_argument("--seed", type=int, help="replaces the config's seed")
    parser.add_argument("--deterministic", action="store_true", help="deterministic operations")
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
    set_seed(config, seed=args.seed, deterministic=args.deterministic)
    if args.amp:
        use_amp(config)
    if args.auto_scale_lr:
        config.auto_scale_lr = dict(enable=True, base_batch_size=config.train_dataloader.batch_size)
    if args.resume:
        config.resume = True
        config.load_from = None if args.resume == "auto" else args.resume
    build_runner(config).train()


if __name__ == "__main__":
    run_tool(main)
