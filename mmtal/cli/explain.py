"""Explain why the mAP of results is what it is: a report, tables and findings."""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import number, passed_on, print_json

ARGUMENTS = {
    "results": "",
    "--ann": dict(required=True),
    "--subset": "default: the one that the results' recordings are of",
    "--tiou": dict(
        nargs="+", note="several, or start:step:stop; default: 0.3:0.1:0.7",
    ),
    "--tolerance": dict(nargs="+", type=number, note="in place of --tiou"),
    "--buckets": dict(
        choices=["fit", "thumos14", "activitynet"], default="fit",
        help="limits of short, long, ... (fit: by these instances; others: DETAD's)",
    ),
    "--out": "the folder of the report; default: RESULTS_errors",
    "--classes": "of the numbers in the results",
    "--class-agnostic": "",
    "--allow-partial": "",
    "--json": "the findings and all tables",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.error_analysis import analyze_result_file, tables
    from mmtal.error_analysis.findings import findings
    from mmtal.error_analysis.report import check_output_folder, write_report
    from mmtal.evaluation.report import covered

    if args.tiou and args.tolerance:
        raise ValueError("give --tiou or, for events without duration, --tolerance, but not both")
    out = Path(args.out or f"{Path(args.results).with_suffix('')}_errors")
    check_output_folder(out)
    analysis = analyze_result_file(
        args.results,
        args.ann,
        tiou_thresholds=args.tiou or "0.3:0.1:0.7",
        tolerances=args.tolerance,
        class_file=args.classes,
        **passed_on(args, "subset", "buckets", "class_agnostic", "allow_partial"),
    )
    write_report(analysis, out, title=f"Errors of {Path(args.results).name}")
    shown = {
        "%": tables.score_table(analysis),
        "What a perfect part would reach (%)": tables.oracle_table(analysis),
        "False positives, and the gain without them (points)": tables.error_table(analysis),
        "Missed instances, and the gain if found (points)": tables.cause_table(analysis),
        "By what the instances are like (%)": tables.characteristic_table(analysis),
    }
    report = out / "report.html"
    if args.json:
        content = {title: [table.header, *table.rows] for title, table in shown.items()}
        print_json(args, dict(findings=findings(analysis), tables=content, report=str(report)))
        return
    if analysis.stamp["absent_videos"]:
        print(f"results of {covered(analysis.stamp)}")
    for title, table in shown.items():
        print(table.text(title))
    print()
    for text in findings(analysis):
        print(f"* {text}")
    print(f"\nAll of it: {report}")
