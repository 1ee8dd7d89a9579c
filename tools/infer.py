"""Find actions in recordings: python tools/infer.py CONFIG CHECKPOINT INPUT..."""

import argparse
from pathlib import Path

from mmengine.config import DictAction

from mmtal.cli.entry import run_tool
from mmtal.inference.detections import format_detections
from mmtal.inference.inferencer import TemporalActionInferencer


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="config file, or its name such as thumos_i3d")
    parser.add_argument("checkpoint", help="checkpoint file")
    parser.add_argument(
        "inputs",
        nargs="+",
        help="feature files, or folders of them; several sources are joined by a comma: rgb,flow",
    )
    parser.add_argument("--out", help="write the detections here, as ActivityNet results JSON")
    parser.add_argument("--show-dir", help="draw each recording into this folder")
    parser.add_argument(
        "--score-thr", type=float, default=0.0, help="leave out detections that score lower"
    )
    parser.add_argument("--fps", type=float, help="frames or samples per second")
    parser.add_argument("--device", help="such as cuda:0 (default: a GPU if there is one)")
    parser.add_argument("--batch-size", type=int, default=1, help="recordings at once")
    parser.add_argument(
        "--window",
        type=float,
        help="longer recordings are predicted in windows of so many seconds, with the same result "
        "in less memory (default: 16384 features)",
    )
    parser.add_argument("--max-duration", type=float, help="drop detections that last longer (s)")
    parser.add_argument("--classes", nargs="+", help="names by label (default: the checkpoint's)")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        metavar="KEY=VALUE",
        help="override values of the config, by dotted name",
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    infer = TemporalActionInferencer(
        args.config,
        args.checkpoint,
        args.device,
        classes=args.classes,
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
    print(format_detections(results))
    for what, where in (("detections", args.out), ("pictures", args.show_dir)):
        if where:
            print(f"{what}: {where}")


def sources(text: str) -> str | tuple[str, ...]:
    """One path, or those of several sources."""
    return text if "," not in text or Path(text).exists() else tuple(text.split(","))


if __name__ == "__main__":
    run_tool(main)
