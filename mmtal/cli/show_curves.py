"""Draw losses, learning rate, gradient norm and mAP of one or several trainings."""

from argparse import Namespace

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("work_dirs", nargs="+", help="work dirs of trainings, or log files")
    parser.add_argument("--out", required=True, note="PNG, SVG or PDF")


def run(args: Namespace) -> None:
    from mmtal.cli import pictures

    pictures.curves(args.work_dirs, args.out)
