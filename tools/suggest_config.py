"""Write a config that fits a data set: python tools/suggest_config.py --ann FILE --features DIR."""

import argparse
from pathlib import Path

from mmtal.cli.entry import run_tool
from mmtal.preparation.suggestion import (
    Budget,
    choose_settings,
    config_text,
    explanation,
    summarize,
)
from mmtal.utils.files import write_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ann", required=True, help="annotation JSON")
    parser.add_argument(
        "--features", required=True, nargs="+", help="folder of feature files; several are joined"
    )
    parser.add_argument(
        "--budget", default="cpu", help="cpu (default), or the memory of a GPU such as 24GB"
    )
    parser.add_argument("--feature-stride", type=float, help="in frames; default: found out")
    parser.add_argument("--snippet-frames", type=float, help="in frames; default: found out")
    parser.add_argument("--fps", type=float, help="default: as the annotations say")
    parser.add_argument("--train-subset", help="default: training, or validation beside test")
    parser.add_argument("--test-subset", help="default: validation, or test")
    parser.add_argument("--out", default="suggested_config.py", help="default: %(default)s")
    args = parser.parse_args()

    budget = Budget.parse(args.budget)
    summary = summarize(
        args.ann,
        features=args.features,
        feature_stride=args.feature_stride,
        snippet_frames=args.snippet_frames,
        fps=args.fps,
        train_subset=args.train_subset,
        test_subset=args.test_subset,
    )
    settings = choose_settings(summary, budget)
    write_text(args.out, config_text(summary, settings, name=Path(args.ann).stem))
    print(explanation(settings))
    print(f"\nwritten: {args.out}; next: python tools/train.py {args.out}")


if __name__ == "__main__":
    run_tool(main)
