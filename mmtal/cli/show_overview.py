"""Draw all recordings of an annotation file as strips, and its classes."""

from argparse import Namespace

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--ann", required=True)
    parser.add_argument("--out", required=True, note="PNG, SVG or PDF")


def run(args: Namespace) -> None:
    from mmtal.cli import pictures

    pictures.overview(args.ann, args.out)
