"""Draw predictions against ground truth, of one recording or of each."""

from argparse import Namespace

from mmtal.cli.options import number
from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("results")
    parser.add_argument("--ann", required=True)
    parser.add_argument("--out", required=True, note="PNG, SVG or PDF; of all recordings: a folder")
    parser.add_argument("--subset", note="default: all")
    parser.add_argument("--recording", note="default: all")
    parser.add_argument(
        "--score-thr", note="default: of best F1, where the results say it; else 0.3"
    )
    parser.add_argument("--tiou", type=number, default=0.5, note="default: 0.5")


def run(args: Namespace) -> None:
    from mmtal.cli import pictures

    pictures.predictions(
        args.results,
        args.ann,
        args.out,
        subset=args.subset,
        recording=args.recording,
        score_thr=args.score_thr,
        tiou_thr=args.tiou,
    )
