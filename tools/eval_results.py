"""Evaluate a results file: python tools/eval_results.py RESULTS --ann FILE --subset NAME."""

import argparse

from mmtal.apis.run import run_tool
from mmtal.evaluation.report import evaluate_detections, format_table
from mmtal.evaluation.result_files import read_ground_truth, read_results
from mmtal.files import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", help="ActivityNet results JSON")
    parser.add_argument("--ann", required=True, help="annotation JSON")
    parser.add_argument("--subset", required=True, help="subset of the annotations, such as test")
    parser.add_argument(
        "--tiou",
        nargs="+",
        default=["0.3:0.1:0.7"],
        help="thresholds, or start:step:stop (default: 0.3:0.1:0.7)",
    )
    parser.add_argument("--protocol", choices=["corrected", "official"], default="corrected")
    parser.add_argument("--recall-at", nargs="+", type=int, default=[], metavar="K")
    parser.add_argument("--per-class", action="store_true", help="also the AP of each class")
    parser.add_argument("--out", help="write the figures here, as JSON")
    args = parser.parse_args()

    is_range = len(args.tiou) == 1 and ":" in args.tiou[0]
    truth, classes = read_ground_truth(args.ann, args.subset)
    if not len(truth):
        raise ValueError(f"{args.ann}: subset '{args.subset}' holds no instance to find")
    scores, _, stamp = evaluate_detections(
        truth,
        read_results(args.results, classes),
        tiou_thresholds=args.tiou[0] if is_range else [float(t) for t in args.tiou],
        protocol=args.protocol,
        recall_at=args.recall_at,
        classes=classes,
    )
    print(format_table(scores, stamp, classes=classes, per_class=args.per_class))
    if args.out:
        write_json(args.out, stamp)


if __name__ == "__main__":
    run_tool(main)
