"""Write a config that fits a data set, and say why its values are what they are."""

import dataclasses
from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import print_json

ARGUMENTS = {
    "--ann": dict(required=True),
    "--features": dict(required=True, note="several are joined"),
    "--budget": dict(default="cpu", help="cpu, or the memory of a GPU such as 24GB"),
    "--feature-stride": "default: found out",
    "--snippet-frames": "default: found out",
    "--fps": "default: as the annotations say",
    "--train-subset": dict(metavar="NAME", help="default: training, or validation beside test"),
    "--test-subset": dict(metavar="NAME", help="default: validation, or test"),
    "--out": dict(default="suggested_config.py"),
    "--json": "all values, and why",
}


def run(args: Namespace) -> None:
    from mmtal.preparation.suggestion import (
        Budget,
        choose_settings,
        config_text,
        explanation,
        summarize,
    )
    from mmtal.utils.files import write_text

    budget = Budget.parse(args.budget)
    summary = summarize(
        args.ann,
        features=args.features,
        feature_stride=args.feature_stride,
        snippet_frames=args.snippet_frames,
        fps=args.fps,
        train_subset=args.train_subset,
        test_subset=args.test_subset,
    )
    settings = choose_settings(summary, budget)
    write_text(args.out, config_text(summary, settings, name=Path(args.ann).stem))
    print(explanation(settings))
    print(f"\nwritten: {args.out}; next: mmtal train {args.out}")
    if args.json:
        print_json(args, {"config": args.out, **dataclasses.asdict(settings)})
