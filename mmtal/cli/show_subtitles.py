"""Write the actions of one recording, or of each, as subtitles."""

from argparse import Namespace

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("results", nargs="?", note="default: show the annotations alone")
    parser.add_argument("--ann", required=True)
    parser.add_argument("--out", required=True, note=".vtt or .srt; of all recordings: a folder")
    parser.add_argument("--subset", note="default: of the results' recordings")
    parser.add_argument("--recording", note="default: all")
    parser.add_argument(
        "--score-thr", note="default: of best F1, where the results say it; else 0.3"
    )
    parser.add_argument("--format", choices=["vtt", "srt"], default="vtt", note="in a folder")


def run(args: Namespace) -> None:
    from mmtal.cli import playback

    playback.subtitle_files(
        args.ann,
        args.out,
        results_file=args.results,
        subset=args.subset,
        recording=args.recording,
        score_thr=args.score_thr,
        file_format=args.format,
    )
