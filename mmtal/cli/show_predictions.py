"""Draw predictions against ground truth, of one recording or of each."""

from argparse import Namespace

from mmtal.cli.options import number

ARGUMENTS = {
    "results": "",
    "--ann": dict(required=True),
    "--out": dict(required=True, note="PNG, SVG or PDF; of all recordings: a folder"),
    "--subset": "default: all",
    "--recording": "default: all",
    "--classes": "of the numbers in the results",
    "--score-thr": "default: of best F1, where the results say it; else 0.3",
    "--tiou": dict(type=number, default=0.5),
}


def run(args: Namespace) -> None:
    from mmtal.cli.recordings import check_out, draw_each, read_views
    from mmtal.evaluation.recording_hits import find_hits
    from mmtal.results.result_files import score_threshold
    from mmtal.visualization.timeline import draw_predictions

    check_out(args)
    views, classes, predicted = read_views(args.ann, args.results, args.subset, args.classes)
    score_thr, wanted = score_threshold(args.results, args.score_thr), set(predicted)
    draw_each(
        args,
        [view for view in views if view.video_id in wanted],
        lambda view: draw_predictions(
            view, classes, find_hits(view, tiou_thr=args.tiou), score_thr=score_thr
        ),
    )
