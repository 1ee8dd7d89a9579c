"""Find actions in recordings that nobody has annotated."""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import print_json
from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("config")
    parser.add_argument("checkpoint")
    parser.add_argument(
        "inputs", nargs="+",
        help="feature files, or folders of them; several sources are joined by a comma: rgb,flow",
    )  # fmt: skip
    parser.add_argument("--out", note="the detections, as ActivityNet results JSON")
    parser.add_argument("--show-dir")
    parser.add_argument(
        "--score-thr",
        note="nor write them; default: write all, show from the checkpoint's threshold on",
    )
    parser.add_argument("--fps")
    parser.add_argument("--device")
    parser.add_argument("--batch-size", default=1, note="does not change the result")
    parser.add_argument(
        "--window", type=float, metavar="SECONDS",
        help="longer recordings are predicted in windows of so many seconds, with the same result "
        "in less memory (default: 16384 features)",
    )  # fmt: skip
    parser.add_argument("--max-duration")
    parser.add_argument(
        "--classes", nargs="+", note="or the names themselves; default: the checkpoint's"
    )
    parser.add_argument("--json")
    parser.add_argument("--cfg-options")


def run(args: Namespace) -> None:
    from mmtal.inference.detections import format_detections
    from mmtal.inference.inferencer import TemporalActionInferencer
    from mmtal.results.fusion.named_results import read_names

    classes = args.classes
    if classes and len(classes) == 1 and Path(classes[0]).is_file():
        classes = read_names(Path(classes[0]))
    infer = TemporalActionInferencer(
        args.config,
        args.checkpoint,
        args.device,
        classes=classes,
        window=args.window,
        max_duration=args.max_duration,
        options=args.cfg_options,
    )
    results = infer(
        [sources(text) for text in args.inputs],
        fps=args.fps,
        batch_size=args.batch_size,
        score_thr=args.score_thr,
        out_file=args.out,
        show_dir=args.show_dir,
    )
    if args.json:
        print_json(args, [result.to_dict() for result in results])
        return
    print(format_detections(results))
    for what, where in (("detections", args.out), ("pictures", args.show_dir)):
        if where:
            print(f"{what}: {where}")


def sources(text: str) -> str | tuple[str, ...]:
    """One path, or those of several sources."""
    return text if "," not in text or Path(text).exists() else tuple(text.split(","))
