"""Write a video with the timeline of its recording below, as MP4."""

from argparse import Namespace

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("results", nargs="?", note="default: show the annotations alone")
    parser.add_argument(
        "--video", required=True, metavar="FILE", help="any video that FFmpeg reads"
    )
    parser.add_argument("--ann", required=True)
    parser.add_argument("--out", required=True, note="an .mp4 file")
    parser.add_argument("--recording", note="default: as the video's file")
    parser.add_argument(
        "--score-thr", note="default: of best F1, where the results say it; else 0.3"
    )


def run(args: Namespace) -> None:
    from mmtal.cli import playback

    playback.burn(
        args.video,
        args.ann,
        args.out,
        results_file=args.results,
        recording=args.recording,
        score_thr=args.score_thr,
    )
