"""Draw losses, learning rate, gradient norm and mAP of one or several trainings."""

from argparse import Namespace

ARGUMENTS = {
    "work_dirs": dict(nargs="+", help="work dirs of trainings, or log files"),
    "--out": dict(required=True, note="PNG, SVG or PDF"),
}


def run(args: Namespace) -> None:
    from mmtal.visualization.curves import draw_curves, read_training_log
    from mmtal.visualization.layout import check_format, save_figure

    check_format(args.out)
    save_figure(draw_curves([read_training_log(path) for path in args.work_dirs]), args.out)
