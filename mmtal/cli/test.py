"""Test a checkpoint on the data of a config."""

import os
from argparse import Namespace

from mmtal.cli.options import class_names, print_json, shared

ARGUMENTS = {
    **shared("config", "checkpoint"),
    "--out": "the detections, as ActivityNet results JSON",
    "--allow-partial": "of which there are features",
    "--classes": "default: the config's, or the labels that occur",
    **shared("--amp", "--show-dir", "--work-dir", "--json", "--cfg-options"),
    **shared("--launcher", "--local-rank"),
}


def run(args: Namespace) -> None:
    from mmtal.engine.runner import build_runner, load_config, main_metric, use_amp

    os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    config = load_config(
        args.config,
        work_dir=args.work_dir,
        launcher=args.launcher,
        options=args.cfg_options,
        classes=class_names(args),
    )
    config.load_from = args.checkpoint
    if args.amp:
        use_amp(config, args.amp, training=False)
    if args.out:
        main_metric(config.test_evaluator)["out_file"] = args.out
    if args.allow_partial:
        main_metric(config.test_evaluator)["allow_partial"] = True
    if args.show_dir:
        pictures = dict(type="PredictionPicturesHook", show_dir=args.show_dir)
        config.merge_from_dict({"default_hooks.pictures": pictures})
    runner = build_runner(config)
    if args.amp:
        getattr(runner.model, "module", runner.model).cast_weights()
    metrics = runner.test()
    if args.json and runner.rank == 0:
        print_json(args, metrics)
