"""Merge the results of several systems, or name segments by class scores of recordings."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("results", nargs="+")
    parser.add_argument("--out", required=True, note="ActivityNet results JSON")
    parser.add_argument("--ann", note="it names the classes; default: by their names")
    parser.add_argument("--weights")
    parser.add_argument(
        "--method",
        choices=["gaussian", "linear", "hard", "wbf"],
        default="gaussian",
        help="NMS over the union (gaussian, linear, hard), or wbf: the mean of what overlaps",
    )
    parser.add_argument("--sigma", default=0.5, note="default: 0.5")
    parser.add_argument("--tiou", type=float, default=0.5, note="other methods; default: 0.5")
    parser.add_argument("--min-score", default=0.001, note="default: 0.001")
    parser.add_argument("--max-per-video", default=200, note="default: 200")
    parser.add_argument("--class-agnostic", action="store_true", help="labels keep nothing apart")
    parser.add_argument(
        "--external", metavar="FILE", help="class scores of recordings, which name the segments"
    )
    parser.add_argument(
        "--rule", choices=["sqrt", "product"], default="sqrt", help="of --external (default: sqrt)"
    )
    parser.add_argument(
        "--top-classes", type=int, default=2, metavar="N", help="of each recording (default: 2)"
    )
    parser.add_argument(
        "--top-segments", type=int, default=200, metavar="N",
        help="that get them; 0: all (default: 200)",
    )  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.results.fusion.external_scores import name_detections, read_external_scores
    from mmtal.results.fusion.merge_detections import MergeSettings, merge_detections
    from mmtal.results.fusion.named_results import read_names, read_together, recordings_not_in_all
    from mmtal.results.result_files import write_results
    from mmtal.utils.wording import counted

    if len(args.results) == 1 and not args.external:
        raise ValueError("one results file has nothing to be merged with: give more, or --external")
    external = read_external_scores(args.external) if args.external else None
    classes = read_names(Path(args.ann)) if args.ann else None
    tables, names = read_together(args.results, classes, labels_count=external is None)
    lacking = recordings_not_in_all(tables)
    if lacking:
        print(f"in some of the files only: {counted(len(lacking), 'recording')}: {lacking[:3]}")
    stamp: dict[str, Any] = dict(fused=[Path(path).name for path in args.results])
    found = tables[0]
    if len(tables) > 1:
        settings = MergeSettings(
            method=args.method,
            sigma=args.sigma,
            tiou_thr=args.tiou,
            min_score=args.min_score,
            max_per_video=args.max_per_video,
            class_agnostic=args.class_agnostic or external is not None,
        )
        found = merge_detections(tables, settings, weights=args.weights)
        stamp |= dict(weights=args.weights, **vars(settings))
    if external is not None:
        names = list(classes or external.classes or [])
        if not names:
            raise ValueError(f"{args.external} does not name its classes: give --ann")
        rule = dict(
            rule=args.rule, top_classes=args.top_classes, top_segments=args.top_segments or None
        )
        found = name_detections(found, external, names, **rule)
        stamp |= dict(external=Path(args.external).name, **rule)
    write_results(args.out, found, names, stamp)
    print(
        f"{args.out}: {counted(len(found), 'detection')} in "
        f"{counted(len(found.video_ids), 'recording')} (of "
        f"{' + '.join(f'{len(table):,}' for table in tables)})"
    )
