"""Write one interactive HTML page of many recordings: predictions against ground truth."""

import os
from argparse import Namespace
from pathlib import Path
from urllib.parse import quote

from mmtal.cli.options import number

ARGUMENTS = {
    "results": dict(nargs="?", note="default: show the annotations alone"),
    "--ann": dict(required=True),
    "--out": dict(required=True, note="a .html file"),
    "--subset": "default: of the results' recordings",
    "--classes": "of the numbers in the results",
    "--class-agnostic": "",
    "--score-thr": "default: of best F1, where the results say it; else 0.3",
    "--allow-partial": "with --subset",
    "--media": "to play beside the timeline",
    "--min-score": dict(default=0.01),
    "--tolerance": dict(type=number, note="within which they are found, at first"),
    "--frames": "at first; the page can change it",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.cli.recordings import find_media, read_views
    from mmtal.results.coverage import check_coverage
    from mmtal.results.result_files import score_threshold
    from mmtal.results.segmentation import segmentation_view
    from mmtal.utils.files import write_text
    from mmtal.utils.wording import counted
    from mmtal.visualization.viewer import viewer_page

    if not args.out.lower().endswith((".html", ".htm")):
        raise ValueError(f"the page's name must end in .html, but got '{args.out}'")
    views, classes, predicted = read_views(args)
    if args.results and args.subset and any(len(view.pred_scores) for view in views):
        check_coverage(
            predicted,
            [view.video_id for view in views],
            detections=sum(len(view.pred_scores) for view in views),
            source=args.results,
            allow_partial=args.allow_partial,
        )
    shown, note = dict.fromkeys(view.video_id for view in views), ""
    if others := [name for name in predicted if name not in shown]:
        note = (
            f"Left out: {counted(len(others), 'recording')} of the results, such as "
            f"'{others[0]}', that these annotations lack."
        )
    if args.results and (absent := shown.keys() - set(predicted)):
        note += (
            f" Results of {len(shown) - len(absent):,} of {counted(len(shown), 'recording')}; the "
            "others count as empty."
        )
    if args.results and not any(len(view.pred_scores) for view in views):
        note += " The results hold no prediction of these recordings, hence only annotations show."
    titles = (args.results and Path(args.results).stem, Path(args.ann).stem, args.subset)
    media = find_media(Path(args.media), list(shown)) if args.media else {}

    def relative(path: Path) -> str:
        return Path(os.path.relpath(path, Path(args.out).parent)).as_posix()

    score_thr = score_threshold(args.results, args.score_thr)
    if args.frames and args.score_thr is None:
        found = [segmentation_view(view, None, float("inf")) for view in views]
        if sum(len(one.pred_scores) for one in found) == sum(len(v.pred_scores) for v in views):
            score_thr = args.min_score  # a segmentation: all of it counts
    text = viewer_page(
        views,
        classes,
        title=", ".join(filter(None, titles)),
        score_thr=score_thr,
        min_score=args.min_score,
        note=note,
        media={name: quote(relative(path)) for name, path in media.items()},
        frames=args.frames,
    )
    write_text(args.out, text)
    print(f"{counted(len(views), 'recording')} in {args.out} ({len(text) / 1e6:.1f} MB)")
