"""Draw what the levels of a model found in a recording, and where its attention looked."""

from argparse import Namespace

from mmtal.cli.options import number
from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("config")
    parser.add_argument("checkpoint")
    parser.add_argument("--recording", required=True)
    parser.add_argument("--out", required=True, note="PNG, SVG or PDF")
    parser.add_argument("--score-thr", default=0.3, note="default: 0.3")
    parser.add_argument(
        "--at", type=number, nargs="+", metavar="SECONDS",
        help="whose attention to draw (default: the middles of the best predictions)",
    )  # fmt: skip
    parser.add_argument("--cfg-options")


def run(args: Namespace) -> None:
    from mmtal.cli import pictures

    pictures.activity(
        args.config,
        args.checkpoint,
        args.recording,
        args.out,
        score_thr=args.score_thr,
        queries=args.at,
        options=args.cfg_options,
    )
