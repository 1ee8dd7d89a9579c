"""Find actions in recordings that nobody has annotated."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from mmtal.cli.options import passed_on, print_json, shared

ARGUMENTS = {
    **shared("config", "checkpoint"),
    "inputs": dict(
        nargs="+",
        help="feature files, or folders of them; several sources are joined by a comma: rgb,flow",
    ),
    "--out": "the detections, as ActivityNet results JSON",
    "--show-dir": "",
    "--score-thr": "nor write them; default: write all, show from the checkpoint's threshold on",
    **shared("--fps", "--device"),
    "--batch-size": dict(default=1, note="does not change the result"),
    "--window": dict(
        type=float, metavar="SECONDS",
        help="longer recordings are predicted in windows of so many seconds, with the same "
        "result in less memory (default: 16384 features)",
    ),
    "--max-duration": "",
    "--classes": dict(nargs="+", note="or the names themselves; default: the checkpoint's"),
    **shared("--json", "--cfg-options"),
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.inference.detections import format_detections
    from mmtal.inference.inferencer import TemporalActionInferencer

    infer = TemporalActionInferencer(
        classes=class_names(args.classes),
        options=args.cfg_options,
        **passed_on(args, "config", "checkpoint", "device", "window", "max_duration"),
    )
    results = infer(
        [sources(text) for text in args.inputs],
        out_file=args.out,
        **passed_on(args, "fps", "batch_size", "score_thr", "show_dir"),
    )
    if args.json:
        print_json(args, [result.to_dict() for result in results])
        return
    print(format_detections(results))
    for what, where in (("detections", args.out), ("pictures", args.show_dir)):
        if where:
            print(f"{what}: {where}")


def class_names(given: Sequence[str] | None) -> Sequence[str] | None:
    """The names themselves, or those in the one file that is given."""
    from mmtal.results.submissions.official_list import read_names

    if given and len(given) == 1 and Path(given[0]).is_file():
        return read_names(Path(given[0]))
    return given


def sources(text: str) -> str | tuple[str, ...]:
    """One path, or those of several sources."""
    return text if "," not in text or Path(text).exists() else tuple(text.split(","))
