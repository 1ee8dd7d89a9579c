"""Merge or name results: python tools/fuse_results.py RESULTS... [--external FILE] --out FILE."""

import argparse
from pathlib import Path
from typing import get_args

from mmtal.cli.entry import run_tool
from mmtal.results.fusion.external_scores import ExternalRule, name_detections, read_external_scores
from mmtal.results.fusion.merge_detections import MergeMethod, MergeSettings, merge_detections
from mmtal.results.fusion.named_results import read_names, read_together, recordings_not_in_all
from mmtal.results.result_files import write_results
from mmtal.utils.wording import counted


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="+", help="results of one system each, in any format")
    parser.add_argument("--out", required=True, help="ActivityNet results JSON to write")
    parser.add_argument("--ann", help="annotation JSON with the classes' names (default: by name)")
    parser.add_argument("--weights", nargs="+", type=float, help="one for each (default: equal)")
    parser.add_argument(
        "--method",
        choices=get_args(MergeMethod),
        default="gaussian",
        help="NMS over the union (gaussian, linear, hard), or wbf: the mean of what overlaps",
    )
    parser.add_argument("--sigma", type=float, default=0.5, help="of gaussian (default: 0.5)")
    parser.add_argument("--tiou-thr", type=float, default=0.5, help="of the others (default: 0.5)")
    parser.add_argument("--min-score", type=float, default=0.001, help="default: 0.001")
    parser.add_argument("--max-per-video", type=int, default=200, help="default: 200")
    parser.add_argument("--class-agnostic", action="store_true", help="labels keep nothing apart")
    parser.add_argument(
        "--external", help="class scores of recordings (JSON), which name the segments anew"
    )
    parser.add_argument("--rule", choices=get_args(ExternalRule), default="sqrt")
    parser.add_argument("--top-classes", type=int, default=2, help="of each recording (default: 2)")
    parser.add_argument(
        "--top-segments", type=int, default=200, help="that get them; 0: all (default: 200)"
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if len(args.results) == 1 and not args.external:
        raise ValueError("one results file has nothing to be merged with: give more, or --external")
    external = read_external_scores(args.external) if args.external else None
    classes = read_names(Path(args.ann)) if args.ann else None
    tables, names = read_together(args.results, classes, labels_count=external is None)
    lacking = recordings_not_in_all(tables)
    if lacking:
        print(f"in some of the files only: {counted(len(lacking), 'recording')}: {lacking[:3]}")
    stamp: dict = dict(fused=[Path(path).name for path in args.results])
    found = tables[0]
    if len(tables) > 1:
        chosen = {name: getattr(args, name) for name in vars(MergeSettings())}
        chosen["class_agnostic"] |= external is not None
        found = merge_detections(tables, MergeSettings(**chosen), weights=args.weights)
        stamp |= dict(weights=args.weights, **chosen)
    if external is not None:
        names = list(classes or external.classes or [])
        if not names:
            raise ValueError(f"{args.external} does not name its classes: give --ann")
        settings = dict(
            rule=args.rule, top_classes=args.top_classes, top_segments=args.top_segments or None
        )
        found = name_detections(found, external, names, **settings)
        stamp |= dict(external=Path(args.external).name, **settings)
    write_results(args.out, found, names, stamp)
    print(
        f"{args.out}: {counted(len(found), 'detection')} in "
        f"{counted(len(found.video_ids), 'recording')} (of "
        f"{' + '.join(f'{len(table):,}' for table in tables)})"
    )


if __name__ == "__main__":
    run_tool(main)
