"""Draw the instances of one recording, or of each."""

from argparse import Namespace

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--ann", required=True)
    parser.add_argument("--out", required=True, note="PNG, SVG or PDF; of all recordings: a folder")
    parser.add_argument("--subset", note="default: all")
    parser.add_argument("--recording", note="default: all")


def run(args: Namespace) -> None:
    from mmtal.cli import pictures

    pictures.timelines(args.ann, args.out, subset=args.subset, recording=args.recording)
