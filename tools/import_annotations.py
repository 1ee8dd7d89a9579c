"""Bring annotations into mmtal's format: python tools/import_annotations.py SOURCE --out FILE."""

import argparse
from pathlib import Path

from mmtal.cli.entry import run_tool
from mmtal.preparation.importers import (
    FORMATS,
    ImportOptions,
    Source,
    fold_databases,
    format_split,
    format_summary,
    import_annotations,
    read_class_names,
    split_database,
    write_annotations,
)
from mmtal.preparation.importers.options import UNITS


def main() -> None:
    args = make_parser().parse_args()
    if args.split and args.folds:
        raise ValueError("give --split or --folds, not both")
    if args.split_only and not (args.split or args.folds):
        raise ValueError("--split-only is for --split and --folds")
    out = Path(args.out)
    sources = [Source.parse(text) for text in args.sources]
    imported = import_annotations(
        sources,
        format_name=args.format,
        options=ImportOptions(
            fps=args.fps,
            unit=args.unit,
            labels=tuple(args.labels),
            columns=pairs(args.columns, "--columns"),
            classes=read_class_names(Path(args.classes)) if args.classes else None,
            background=tuple(args.background),
            group=args.group,
            feature_stride=args.feature_stride,
            snippet_frames=args.snippet_frames,
        ),
        durations=Path(args.durations) if args.durations else None,
        features=Path(args.features) if args.features else None,
        lists=[Source(Path(p), s) for s, p in pairs(args.lists, "--lists").items()],
        bad_segments=args.bad_segments,
    )
    files = {out: imported.database}
    if args.split:
        shares = {k: number(v, "--split") for k, v in pairs(args.split, "--split").items()}
        split = split_database(imported.database, shares, only=args.split_only, seed=args.seed)
        files = {out: split}
        print(format_split([split], list(shares)))
    elif args.folds:
        folds = fold_databases(imported.database, args.folds, only=args.split_only, seed=args.seed)
        files = {out.with_stem(f"{out.stem}_fold{k}"): fold for k, fold in enumerate(folds)}
        print(format_split(folds, [f"fold {k}" for k in range(args.folds)]))
    for path in files:
        if any(path.exists() and path.samefile(source.path) for source in sources):
            raise ValueError(f"--out: would overwrite the source {path}: choose another name")
    for path, database in files.items():
        write_annotations(path, database)
    print(format_summary(imported, next(iter(files.values()))))
    print(f"written: {', '.join(map(str, files))}")
    if out.suffix == ".json":
        features = args.features or "FOLDER_OF_FEATURES"
        print(
            f"next: python tools/verify_dataset.py --ann {next(iter(files))} --features {features}"
        )


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("sources", nargs="+", metavar="[SUBSET=]SOURCE", help="files and folders; a data set")
    add("--out", required=True, metavar="FILE", help=".json, or .csv or .tsv for a table")
    add("--format", choices=list(FORMATS), help="default: told by the content")
    add("--bad-segments", choices=["error", "keep", "drop"], default="error",
        help="reversed, empty or outside the recording (default: error)")  # fmt: skip

    add = parser.add_argument_group("what the source does not say").add_argument
    add("--fps", type=float, metavar="N", help="frames per second")
    add("--unit", choices=UNITS, help="of times that are plain numbers")
    add("--columns", nargs="+", default=[], metavar="ROLE=NAME", help="such as recording=tape")
    add("--labels", nargs="+", default=[], metavar="NAME",
        help="which labels, of several: verb, noun or action; tiers; attribute")  # fmt: skip
    add("--background", nargs="*", default=["background"], metavar="LABEL",
        help="labels of frames without an action (default: background)")  # fmt: skip
    add("--classes", metavar="FILE", help="numbers and names of the classes")
    add("--durations", metavar="FILE", help="table: recording, duration or frames, fps")
    add("--features", metavar="DIR", help="feature files, for durations; needs the next two")
    add("--feature-stride", type=float, metavar="N", help="frames from feature to feature")
    add("--snippet-frames", type=float, metavar="N", help="frames behind one feature")

    add = parser.add_argument_group("subsets").add_argument
    add("--lists", nargs="+", default=[], metavar="SUBSET=FILE", help="a recording on each line")
    add("--split", nargs="+", default=[], metavar="SUBSET=SHARE", help="training=0.8 test=0.2")
    add("--folds", type=int, metavar="N", help="writes FILE_fold0.json, ...: cross-validation")
    add("--split-only", nargs="+", default=[], metavar="SUBSET", help="leave the others alone")
    add("--group", metavar="COLUMN|PATTERN",
        help="what stays together: a column, or part of the name as in '^(P\\d+)_'")  # fmt: skip
    add("--seed", type=int, default=0, metavar="N", help="of the split (default: 0)")
    return parser


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """``KEY=VALUE`` arguments."""
    wrong = [text for text in texts if "=" not in text.strip("=")]
    if wrong:
        raise ValueError(f"{option} must be NAME=VALUE, but got '{wrong[0]}'")
    return dict(text.split("=", 1) for text in texts)


def number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{option} must be SUBSET=NUMBER, but got '{text}'") from None


if __name__ == "__main__":
    run_tool(main)
