"""Draw data, predictions and models: python tools/visualize.py COMMAND ...

Pictures are PNG, SVG or PDF, by the ending of --out.
"""

import argparse
import math
from collections.abc import Callable

from mmengine.config import DictAction

from mmtal.cli import pictures, playback
from mmtal.cli.entry import run_tool


def overview(args: argparse.Namespace) -> None:
    """all recordings of an annotation file as strips, and its classes"""
    pictures.overview(args.ann, args.out)


def timeline(args: argparse.Namespace) -> None:
    """the instances of one recording, or of each (then --out is a folder)"""
    pictures.timelines(args.ann, args.out, subset=args.subset, recording=args.recording)


def predictions(args: argparse.Namespace) -> None:
    """predictions against ground truth, of one recording or of each (then --out is a folder)"""
    pictures.predictions(
        args.results, args.ann, args.out, subset=args.subset, recording=args.recording,
        score_thr=args.score_thr, tiou_thr=args.tiou,
    )  # fmt: skip


def features(args: argparse.Namespace) -> None:
    """features of one recording as a heat-map, with its instances above"""
    pictures.features(args.config, args.recording, args.out, options=args.cfg_options)


def curves(args: argparse.Namespace) -> None:
    """losses, learning rate, gradient norm and mAP of one or several trainings"""
    pictures.curves(args.work_dirs, args.out)


def activity(args: argparse.Namespace) -> None:
    """what the levels of a model found in one recording, and where its attention looked"""
    pictures.activity(
        args.config, args.checkpoint, args.recording, args.out, score_thr=args.score_thr,
        queries=args.at, options=args.cfg_options,
    )  # fmt: skip


def page(args: argparse.Namespace) -> None:
    """one interactive HTML page of all recordings: predictions against ground truth"""
    playback.page(
        args.ann, args.out, results_file=args.results, subset=args.subset,
        score_thr=args.score_thr, min_score=args.min_score,
    )  # fmt: skip


def subtitles(args: argparse.Namespace) -> None:
    """subtitles of one recording, or of each (then --out is a folder)"""
    playback.subtitle_files(
        args.ann, args.out, results_file=args.results, subset=args.subset,
        recording=args.recording, score_thr=args.score_thr, file_format=args.format,
    )  # fmt: skip


def video(args: argparse.Namespace) -> None:
    """a video with the timeline of its recording below, as MP4"""
    playback.burn(
        args.video, args.ann, args.out, results_file=args.results, recording=args.recording,
        score_thr=args.score_thr,
    )  # fmt: skip


def number(text: str) -> float:
    """A number for argparse; NaN, with which nothing compares, is none."""
    if math.isnan(value := float(text)):
        raise ValueError(text)
    return value


ARGUMENTS: dict[str, dict] = {
    "config": dict(help="config file"),
    "checkpoint": dict(help="checkpoint file"),
    "results": dict(help="ActivityNet results JSON"),
    "work_dirs": dict(nargs="+", help="work dirs of trainings, or log files"),
    "video": dict(help="any video that FFmpeg reads"),
    "--results": dict(help="ActivityNet results JSON (default: show the annotations alone)"),
    "--ann": dict(required=True, help="annotation JSON"),
    "--out": dict(required=True, help="file to write"),
    "--subset": dict(help="subset of the annotations (default: all)"),
    "--recording": dict(help="name of the recording"),
    "recording": dict(help="name of the recording"),
    "--score-thr": dict(type=number, default=0.3, help="lowest score drawn (default: 0.3)"),
    "--min-score": dict(
        type=number, default=0.01, help="lowest score kept in the page (default: 0.01)"
    ),
    "--format": dict(choices=["vtt", "srt"], default="vtt", help="of files in a folder"),
    "--tiou": dict(type=number, default=0.5, help="tIoU of a true positive (default: 0.5)"),
    "--at": dict(type=number, nargs="+", metavar="SECONDS", help="whose attention to draw"),
    "--cfg-options": dict(
        nargs="+", action=DictAction, metavar="KEY=VALUE", help="override values of the config"
    ),
}
Command = Callable[[argparse.Namespace], None]
COMMANDS: tuple[tuple[Command, tuple[str, ...]], ...] = (
    (overview, ("--ann", "--out")),
    (timeline, ("--ann", "--out", "--subset", "--recording")),
    (
        predictions,
        ("results", "--ann", "--out", "--subset", "--recording", "--score-thr", "--tiou"),
    ),
    (features, ("config", "recording", "--out", "--cfg-options")),
    (curves, ("work_dirs", "--out")),
    (
        activity,
        ("config", "checkpoint", "recording", "--out", "--score-thr", "--at", "--cfg-options"),
    ),
    (page, ("--ann", "--results", "--out", "--subset", "--score-thr", "--min-score")),
    (
        subtitles,
        ("--ann", "--results", "--out", "--subset", "--recording", "--score-thr", "--format"),
    ),
    (video, ("video", "--ann", "--results", "--out", "--recording", "--score-thr")),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for function, names in COMMANDS:
        text = function.__doc__
        command = commands.add_parser(function.__name__, help=text, description=text)
        for name in names:
            command.add_argument(name, **ARGUMENTS[name])
        command.set_defaults(function=function)
    args = parser.parse_args()
    args.function(args)


if __name__ == "__main__":
    run_tool(main)
