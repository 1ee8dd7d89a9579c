"""Draw predictions against ground truth, of one recording or of each."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from mmtal.cli.options import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARGUMENTS = {
    "results": "",
    "--ann": dict(required=True),
    "--out": dict(required=True, note="PNG, SVG or PDF; of all recordings: a folder"),
    "--subset": "default: all",
    "--recording": "default: all",
    "--classes": "of the numbers in the results",
    "--class-agnostic": "",
    "--score-thr": "default: of best F1, where the results say it; else 0.3",
    "--tiou": dict(type=number, note="default: 0.5"),
    "--tolerance": dict(type=number, note="default: as the results say"),
    "--frames": "",
}


def run(args: Namespace) -> None:
    from mmtal.cli.recordings import check_out, draw_each, read_views
    from mmtal.evaluation.recording_hits import find_hits
    from mmtal.results.result_files import score_threshold
    from mmtal.results.segmentation import segmentation_view
    from mmtal.structures import RecordingView
    from mmtal.utils.wording import counted
    from mmtal.visualization.frame_bars import draw_frame_bars
    from mmtal.visualization.timeline import draw_predictions

    check_out(args)
    views, classes, predicted = read_views(args)
    if args.tiou is not None and views[0].tolerance is not None:
        raise ValueError(
            f"{args.ann}: events without duration are found by --tolerance, not --tiou"
        )
    score_thr, wanted = score_threshold(args.results, args.score_thr), set(predicted)

    def draw(view: RecordingView) -> Figure:
        if args.frames:
            found = segmentation_view(view, args.score_thr, score_thr)
            left = len(view.pred_scores) - len(found.pred_scores)
            note = f"the best that do not overlap; {counted(left, 'detection')} left out"
            return draw_frame_bars(found, classes, notes=[note] if left else [])
        hits = find_hits(view, tiou_thr=args.tiou)
        return draw_predictions(view, classes, hits, score_thr=score_thr)

    draw_each(args, [view for view in views if view.video_id in wanted], draw)
