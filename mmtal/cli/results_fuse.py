"""Merge the results of several systems, or name segments by class scores of recordings."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from mmtal.cli.options import passed_on, print_json

ARGUMENTS = {
    "results": dict(nargs="+"),
    "--out": dict(required=True, note="ActivityNet results JSON"),
    "--ann": "it names the classes; default: by their names",
    "--classes": "of the numbers in the results",
    "--allow-partial": "of all files together",
    "--weights": dict(
        nargs="+", type=float, metavar="W", note="one for each input; default: equal"
    ),
    "--method": dict(
        choices=["gaussian", "linear", "hard", "wbf"], default="gaussian",
        help="NMS over the union (gaussian, linear, hard), or wbf: the mean of what overlaps",
    ),
    "--sigma": dict(default=0.5),
    "--tiou": dict(type=float, default=0.5, note="other methods"),
    "--distance": dict(
        type=float, metavar="S", help="NMS of events by their distance in s, in place of --tiou",
    ),
    "--min-score": dict(default=0.001),
    "--max-per-video": dict(default=200),
    "--class-agnostic": "",
    "--external": dict(metavar="FILE", help="class scores of recordings, which name the segments"),
    "--rule": dict(choices=["sqrt", "product"], default="sqrt", help="of --external"),
    "--top-classes": dict(type=int, default=2, metavar="N", help="of each recording"),
    "--top-segments": dict(type=int, default=200, metavar="N", help="that get them; 0: all"),
    "--json": "what was written",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.results.coverage import check_coverage
    from mmtal.results.fusion.external_scores import name_detections, read_external_scores
    from mmtal.results.fusion.merge_detections import MergeSettings, merge_detections
    from mmtal.results.result_files import read_together, recordings_not_in_all, write_results
    from mmtal.results.submissions.official_list import read_names
    from mmtal.utils.wording import counted

    if len(args.results) == 1 and not args.external:
        raise ValueError("one results file has nothing to be merged with: give more, or --external")
    external = read_external_scores(args.external) if args.external else None
    classes = read_names(Path(args.ann)) if args.ann else None
    tables, names = read_together(
        args.results, classes, labels_count=external is None, class_file=args.classes
    )
    lacking = recordings_not_in_all(tables)
    together = list(dict.fromkeys(video for table in tables for video in table.video_ids))
    for path, table in zip(args.results, tables, strict=True):
        check_coverage(
            table.video_ids,
            together,
            detections=len(table),
            source=path,
            allow_partial=args.allow_partial,
        )
    if lacking and not args.json:
        print(f"in some of the files only: {counted(len(lacking), 'recording')}: {lacking[:3]}")
    stamp: dict[str, Any] = dict(fused=[Path(path).name for path in args.results])
    found = tables[0]
    if len(tables) > 1:
        settings = MergeSettings(
            tiou_thr=args.tiou,
            class_agnostic=args.class_agnostic or external is not None,
            **passed_on(args, "method", "sigma", "distance", "min_score", "max_per_video"),
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
    if args.json:
        of = [len(table) for table in tables]
        numbers = dict(recordings=len(found.video_ids), detections=len(found), of=of)
        print_json(args, dict(numbers, in_some_only=lacking, classes=names, out=args.out))
        return
    print(
        f"{args.out}: {counted(len(found), 'detection')} in "
        f"{counted(len(found.video_ids), 'recording')} (of "
        f"{' + '.join(f'{len(table):,}' for table in tables)})"
    )
