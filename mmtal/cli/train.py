"""Train a model on the data of a config."""

import argparse
import os
from argparse import Namespace
from contextlib import nullcontext

from mmtal.cli.options import class_names, shared

ARGUMENTS = {
    **shared("config", "--work-dir"),
    "--resume": dict(
        nargs="?", const="auto", metavar="FILE",
        note="from this checkpoint; without a file, from the latest in the work dir",
    ),
    **shared("--amp"),
    "--auto-scale-lr": dict(
        action="store_true", help="scale the learning rate with the number of processes",
    ),
    "--seed": "default: the config's",
    "--deterministic": dict(action="store_true", help="deterministic operations"),
    "--classes": "default: the config's, or the labels that occur",
    **shared("--cfg-options", "--launcher", "--local-rank"),
    "--no-summary": dict(action="store_true", help=argparse.SUPPRESS),
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.engine.runner import build_runner, load_config, set_seed, use_amp
    from mmtal.engine.work_dir_lock import training_in
    from mmtal.experiments.summary import print_training_summary

    os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    config = load_config(
        args.config,
        work_dir=args.work_dir,
        launcher=args.launcher,
        options=args.cfg_options,
        classes=class_names(args),
    )
    set_seed(config, seed=args.seed, deterministic=args.deterministic)
    if args.amp:
        use_amp(config, args.amp, training=True)
    if args.auto_scale_lr:
        config.auto_scale_lr = dict(enable=True, base_batch_size=config.train_dataloader.batch_size)
    if args.resume:
        config.resume = True
        config.load_from = None if args.resume == "auto" else args.resume
    # started by mmtal run, it has the work dir already
    with nullcontext() if args.no_summary else training_in(config.work_dir, args.launcher):
        runner = build_runner(config)
        runner.train()
        if not args.no_summary:
            print_training_summary(runner, args.config)
