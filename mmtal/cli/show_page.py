"""Write one interactive HTML page of many recordings: predictions against ground truth."""

from argparse import Namespace

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("results", nargs="?", note="default: show the annotations alone")
    parser.add_argument("--ann", required=True)
    parser.add_argument("--out", required=True, note="a .html file")
    parser.add_argument("--subset", note="default: of the results' recordings")
    parser.add_argument(
        "--score-thr", note="default: of best F1, where the results say it; else 0.3"
    )
    parser.add_argument(
        "--media",
        metavar="PATH",
        help="video or audio to play beside the timeline: a file, or a folder of files named after "
        "recordings",
    )
    parser.add_argument("--min-score", default=0.01, note="default: 0.01")


def run(args: Namespace) -> None:
    from mmtal.cli import playback

    playback.page(
        args.ann,
        args.out,
        results_file=args.results,
        subset=args.subset,
        score_thr=args.score_thr,
        min_score=args.min_score,
        media=args.media,
    )
