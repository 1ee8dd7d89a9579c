"""Evaluate a results file of any system by a benchmark's protocol."""

from argparse import Namespace
from typing import Any

from mmtal.cli.options import number, print_json

ARGUMENTS = {
    "results": dict(nargs="?"),
    "--protocol": "see --list",
    "--compare": dict(nargs="+", default=[], metavar="NAME", help="protocols to set beside it"),
    "--list": dict(action="store_true", help="show all protocols and stop"),
    "--ann": "default: where the configs have it",
    "--subset": "default: the protocol's",
    "--classes": "of the numbers in the results",
    "--class-agnostic": "",
    "--part": "",
    "--score-thr": "in segmentations; default: show all if no two overlap, else as the results say",
    "--allow-partial": "",
    "--per-class": dict(action="store_true", help="also the AP of each class"),
    "--out": "the figures, as JSON",
    "--json": "",
}
GROUPS = {
    "in place of --protocol, for your own data": {
        "--tiou": dict(nargs="+", note="several, or start:step:stop"),
        "--label-handling": dict(
            choices=["corrected", "official"],
            help="of detections of absent classes (default: corrected)",
        ),
        "--recall-at": dict(nargs="+", type=int, metavar="K", help="the k of Recall@kx"),
        "--tolerance": dict(nargs="+", type=number),
    }
}


def run(args: Namespace) -> None:
    from mmtal.evaluation.protocols import find_protocol, protocol_names, read_protocol_truth
    from mmtal.evaluation.report import format_comparison, format_protocols, format_table, notices
    from mmtal.evaluation.ties import tie_range
    from mmtal.results.coverage import check_classes, check_coverage, check_times
    from mmtal.results.instance_table import ANY_CLASS
    from mmtal.results.result_files import read_facts, read_results, score_threshold
    from mmtal.results.segmentation import without_overlaps
    from mmtal.utils.files import write_json

    if args.list:
        found = [find_protocol(name) for name in protocol_names()]
        if args.json:
            print_json(args, protocol_names())
        else:
            print(format_protocols(found))
        return
    if args.results is None:
        raise ValueError("give the results file, or --list to see the protocols")
    protocols = [protocol_of(args), *map(find_protocol, args.compare)]
    subset = args.subset or protocols[0].subset
    truth, classes = read_protocol_truth(protocols[0], args.ann, subset)
    agnostic = args.class_agnostic or all(protocol.proposals for protocol in protocols)
    detections = read_results(
        args.results, classes, part=args.part, class_file=args.classes, class_agnostic=agnostic
    )
    if args.class_agnostic:
        truth, classes = truth.one_class(), [ANY_CLASS]
        protocols = [protocol.of_one_class() for protocol in protocols]
    score_thr = args.score_thr
    if score_thr is not None and not any(protocol.frames for protocol in protocols):
        raise ValueError(
            "--score-thr is for protocols of segmentations: of detections, all scores count"
        )
    if score_thr is None and len(without_overlaps(detections)) < len(detections):
        score_thr = score_threshold(args.results)
    protocols = [protocol.with_score_thr(score_thr) for protocol in protocols]
    listed = [video for video in truth.video_ids if video not in protocols[0].excluded_ids]
    check_coverage(
        detections.video_ids,
        listed,
        detections=len(detections),
        source=args.results,
        allow_partial=args.allow_partial,
    )
    check_classes(detections, classes, args.results)
    ann_file = args.ann or protocols[0].annotations
    durations, rates = (read_facts(ann_file, subset, name) for name in ("duration", "fps"))
    check_times(detections, durations, rates, args.results)
    stamps = [
        protocol.evaluate(truth, detections, classes, durations=durations, rates=rates)
        for protocol in protocols
    ]
    for protocol, stamp in zip(protocols, stamps, strict=True):
        stamp["beyond_classes"] = int((detections.labels >= len(classes)).sum())
        stamp["tie_range"] = tie_range(protocol, truth, detections, classes)
    content = stamps if args.compare else stamps[0]
    if args.out:
        write_json(args.out, content)
    if args.json:
        print_json(args, content)
        return
    for stamp in stamps if args.per_class or not args.compare else ():
        print(format_table(stamp, per_class=args.per_class))
    if args.compare:
        print(format_comparison(stamps))
    for protocol, stamp in zip(protocols, stamps, strict=True):
        for notice in notices(protocol, stamp):
            print(f"{protocol.name}: {notice}")


def protocol_of(args: Namespace) -> Any:
    """The protocol that is named, or that the options describe."""
    from mmtal.evaluation.protocols import choose_protocol

    tiou = args.tiou
    if not args.protocol:
        if not (args.ann and args.subset):
            raise ValueError("give --protocol; or, for data of your own, --ann and --subset")
        tiou = tiou or (None if args.tolerance else ["0.3:0.1:0.7"])
    own = dict(
        tiou_thresholds=tiou,
        label_handling=args.label_handling,
        recall_at=args.recall_at,
        tolerances=args.tolerance,
    )
    return choose_protocol(args.protocol, own)
