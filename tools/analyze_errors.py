"""Why is the mAP what it is? python tools/analyze_errors.py RESULTS --ann FILE."""

import argparse
from pathlib import Path

from mmtal.cli.entry import run_tool
from mmtal.error_analysis import analyze_result_file, tables
from mmtal.error_analysis.findings import findings
from mmtal.error_analysis.output_folder import check_output_folder
from mmtal.error_analysis.report import REPORT, write_report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", help="ActivityNet results JSON, of any framework")
    parser.add_argument("--ann", required=True, help="annotation JSON")
    parser.add_argument(
        "--subset", help="of the annotations (default: the one that the results' recordings are of)"
    )
    parser.add_argument(
        "--tiou",
        nargs="+",
        default=["0.3:0.1:0.7"],
        help="thresholds, or start:step:stop (default: 0.3:0.1:0.7)",
    )
    parser.add_argument(
        "--buckets",
        choices=["fit", "thumos14", "activitynet"],
        default="fit",
        help="limits of short, long, ... (default: fit, by these instances; others: DETAD's)",
    )
    parser.add_argument("--out", help="folder of the report (default: RESULTS without .json)")
    args = parser.parse_args()

    out = Path(args.out or f"{Path(args.results).with_suffix('')}_errors")
    check_output_folder(out, made_by=REPORT)
    is_range = len(args.tiou) == 1 and ":" in args.tiou[0]
    analysis = analyze_result_file(
        args.results,
        args.ann,
        subset=args.subset,
        tiou_thresholds=args.tiou[0] if is_range else args.tiou,
        buckets=args.buckets,
    )
    write_report(analysis, out, title=f"Errors of {Path(args.results).name}")
    print(tables.score_table(analysis).text("%"))
    print(tables.oracle_table(analysis).text("What a perfect part would reach (%)"))
    print(tables.error_table(analysis).text("False positives, and the gain without them (points)"))
    print(tables.cause_table(analysis).text("Missed instances, and the gain if found (points)"))
    print(tables.characteristic_table(analysis).text("By what the instances are like (%)"))
    print()
    for text in findings(analysis):
        print(f"* {text}")
    print(f"\nAll of it: {out / 'report.html'}")


if __name__ == "__main__":
    run_tool(main)
