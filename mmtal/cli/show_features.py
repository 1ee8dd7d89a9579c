"""Draw the features of a recording as a heat-map, with its instances above."""

from argparse import Namespace

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("config")
    parser.add_argument("--recording", required=True)
    parser.add_argument("--out", required=True, note="PNG, SVG or PDF")
    parser.add_argument("--cfg-options")


def run(args: Namespace) -> None:
    from mmtal.cli import pictures

    pictures.features(args.config, args.recording, args.out, options=args.cfg_options)
