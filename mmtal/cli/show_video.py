"""Write a video with the timeline of its recording below, as MP4."""

from argparse import Namespace
from pathlib import Path

ARGUMENTS = {
    "results": dict(nargs="?", note="default: show the annotations alone"),
    "--video": dict(required=True, metavar="FILE", help="any video that FFmpeg reads"),
    "--ann": dict(required=True),
    "--out": dict(required=True, note="an .mp4 file"),
    "--recording": "default: as the video's file",
    "--classes": "of the numbers in the results",
    "--class-agnostic": "",
    "--score-thr": "default: of best F1, where the results say it; else 0.3",
}


def run(args: Namespace) -> None:
    from mmtal.cli.recordings import choose, read_views
    from mmtal.evaluation.recording_hits import find_hits
    from mmtal.results.result_files import score_threshold
    from mmtal.visualization.video import burn_timeline

    views, classes, _ = read_views(args)
    view = choose(views, args.recording or Path(args.video).stem, args.ann, args.results)
    score_thr = score_threshold(args.results, args.score_thr)
    number = burn_timeline(
        args.video,
        args.out,
        view,
        classes,
        find_hits(view),
        score_thr=score_thr,
        warn=lambda text: print(f"warning: {text}"),
    )
    print(f"{number} pictures in {args.out}")
