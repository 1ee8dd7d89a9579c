"""Write a config that fits a data set, and say why its values are what they are."""

import dataclasses
from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import PLACES, class_names, passed_on, print_json, shared

ARGUMENTS = {
    "--ann": dict(required=True),
    "--features": dict(required=True, note="several are joined"),
    "--budget": dict(default="cpu", help="cpu, or the memory of a GPU such as 24GB"),
    "--feature-stride": "default: found out",
    "--snippet-frames": "default: found out",
    "--fps": "default: as the annotations say",
    **shared("--subset-names", "--feature-key"),
    "--classes": "default: the labels that occur",
    "--spotting": "default: as segments of one width",
    "--out": dict(default="suggested_config.py"),
    "--json": "all values, and why",
}


def run(args: Namespace) -> None:
    from mmtal.experiments.auto_template import suggest_config
    from mmtal.preparation.suggestion import Budget

    settings = suggest_config(
        args.ann,
        args.features,
        args.out,
        name=Path(args.ann).stem,
        budget=Budget.parse(args.budget),
        subsets=args.subset_names,
        classes=class_names(args),
        spotting=args.spotting,
        **passed_on(args, *PLACES),
    )
    print(f"\nwritten: {args.out}; next: mmtal train {args.out}")
    if args.json:
        print_json(args, {"config": args.out, **dataclasses.asdict(settings)})
