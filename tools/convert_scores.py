"""Class scores of recordings to one JSON layout: python tools/convert_scores.py FILE --out JSON."""

import argparse
from pathlib import Path

from mmtal.cli.entry import run_tool
from mmtal.results.fusion.named_results import read_names
from mmtal.results.fusion.score_files import load_score_file, write_external_scores
from mmtal.utils.wording import counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "scores", help=".json, .pkl (numbers only, nothing in it is run) or .npy (V, K)"
    )
    parser.add_argument("--out", required=True, help="JSON to write, for external_scores")
    parser.add_argument("--videos", help="names of the rows of an .npy: text file, one a line")
    parser.add_argument(
        "--classes",
        help="names of the columns, if the file has none: file of class names, such as one a line, "
        "or the annotation JSON whose labels they follow",
    )
    parser.add_argument("--softmax", action="store_true", help="the scores are logits")
    args = parser.parse_args()

    scores = load_score_file(
        args.scores,
        videos=lines(args.videos) if args.videos else None,
        classes=read_names(Path(args.classes)) if args.classes else None,
        softmax=args.softmax,
    )
    write_external_scores(args.out, scores)
    values = list(scores.videos.values())
    print(
        f"{args.out}: {counted(len(values), 'recording')}, {counted(len(values[0]), 'class')} "
        + ("named" if scores.classes else "without names (in the order of the labels)")
        + f", scores {min(v.min() for v in values):.3g} to {max(v.max() for v in values):.3g}"
    )


def lines(path: str) -> list[str]:
    return [line.strip() for line in Path(path).read_text().splitlines() if line.strip()]


if __name__ == "__main__":
    run_tool(main)
