"""Write a config that fits a data set, and say why its values are what they are."""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--ann", required=True)
    parser.add_argument("--features", required=True, note="several are joined")
    parser.add_argument(
        "--budget", default="cpu", help="cpu (default), or the memory of a GPU such as 24GB"
    )
    parser.add_argument("--feature-stride", note="default: found out")
    parser.add_argument("--snippet-frames", note="default: found out")
    parser.add_argument("--fps", note="default: as the annotations say")
    parser.add_argument(
        "--train-subset", metavar="NAME", help="default: training, or validation beside test"
    )
    parser.add_argument("--test-subset", metavar="NAME", help="default: validation, or test")
    parser.add_argument("--out", default="suggested_config.py", note="default: %(default)s")


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
