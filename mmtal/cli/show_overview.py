"""Draw all recordings of an annotation file as strips, and its classes."""

from argparse import Namespace
from pathlib import Path

ARGUMENTS = {"--ann": dict(required=True), "--out": dict(required=True, note="PNG, SVG or PDF")}


def run(args: Namespace) -> None:
    from mmtal.cli.recordings import subsets_of
    from mmtal.results.result_files import read_recording_views
    from mmtal.visualization.layout import check_format, save_figure
    from mmtal.visualization.overview import draw_overview

    check_format(args.out)
    subsets, classes = {}, list[str]()
    for subset in subsets_of(args.ann):
        subsets[subset], classes = read_recording_views(args.ann, subset)
    save_figure(draw_overview(subsets, classes, title=Path(args.ann).name), args.out)
