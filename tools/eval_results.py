"""Evaluate a results file: python tools/eval_results.py RESULTS --protocol NAME [--ann FILE]."""

import argparse

from mmtal.cli.entry import run_tool
from mmtal.evaluation.protocols import (
    EvaluationProtocol,
    choose_protocol,
    find_protocol,
    protocol_names,
    read_protocol_truth,
)
from mmtal.evaluation.report import format_comparison, format_protocols, format_table, notices
from mmtal.results.result_files import read_results
from mmtal.utils.files import write_json


def main() -> None:
    args = make_parser().parse_args()
    if args.list:
        print(format_protocols([find_protocol(name) for name in protocol_names()]))
        return
    if args.results is None:
        raise ValueError("give the results file, or --list to see the protocols")
    protocols = [protocol_of(args), *map(find_protocol, args.compare)]
    subset = args.subset or protocols[0].subset
    truth, classes = read_protocol_truth(protocols[0], args.ann, subset)
    detections = read_results(args.results, classes, part=args.part)
    stamps = [protocol.evaluate(truth, detections, classes) for protocol in protocols]
    for stamp in stamps if args.per_class or not args.compare else ():
        print(format_table(stamp, per_class=args.per_class))
    if args.compare:
        print(format_comparison(stamps))
    for protocol, stamp in zip(protocols, stamps, strict=True):
        for notice in notices(protocol, stamp):
            print(f"{protocol.name}: {notice}")
    if args.out:
        write_json(args.out, stamps if args.compare else stamps[0])


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="?", help="results file, such as ActivityNet JSON")
    parser.add_argument("--protocol", metavar="NAME", help="of a benchmark, see --list")
    parser.add_argument(
        "--compare", nargs="+", default=[], metavar="NAME", help="protocols to set beside it"
    )
    parser.add_argument("--list", action="store_true", help="show all protocols and stop")
    parser.add_argument("--ann", help="annotation JSON (default: where the configs have it)")
    parser.add_argument("--subset", help="of the annotations (default: the protocol's)")
    parser.add_argument("--part", help="of an EPIC-Kitchens or Ego4D submission, such as verb")
    parser.add_argument("--per-class", action="store_true", help="also the AP of each class")
    parser.add_argument("--out", help="write the figures here, as JSON")
    own = parser.add_argument_group("in place of --protocol, for data of one's own")
    own.add_argument("--tiou", nargs="+", help="thresholds, or start:step:stop (0.3:0.1:0.7)")
    own.add_argument("--label-handling", choices=["corrected", "official"])
    own.add_argument("--recall-at", nargs="+", type=int, metavar="K", help="the k of Recall@kx")
    return parser


def protocol_of(args: argparse.Namespace) -> EvaluationProtocol:
    """The protocol that is named, or that the options describe."""
    tiou = args.tiou
    if not args.protocol:
        if not (args.ann and args.subset):
            raise ValueError("give --protocol; or, for data of your own, --ann and --subset")
        tiou = tiou or ["0.3:0.1:0.7"]
    if tiou:
        tiou = tiou[0] if len(tiou) == 1 and ":" in tiou[0] else [float(t) for t in tiou]
    own = dict(tiou_thresholds=tiou, label_handling=args.label_handling, recall_at=args.recall_at)
    return choose_protocol(args.protocol, own)


if __name__ == "__main__":
    run_tool(main)
