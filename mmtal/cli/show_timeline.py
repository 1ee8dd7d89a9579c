"""Draw the instances of one recording, or of each."""

from argparse import Namespace

ARGUMENTS = {
    "--ann": dict(required=True),
    "--out": dict(required=True, note="PNG, SVG or PDF; of all recordings: a folder"),
    "--subset": "default: all",
    "--recording": "default: all",
}


def run(args: Namespace) -> None:
    from mmtal.cli.recordings import check_out, draw_each, read_views
    from mmtal.visualization.timeline import draw_annotations

    check_out(args)
    views, classes, _ = read_views(args)
    draw_each(args, views, lambda view: draw_annotations(view, classes))
