"""Bring annotations into mmtal's format: python tools/import_annotations.py SOURCE --out FILE."""

import argparse
from pathlib import Path

from mmtal.apis.run import run_tool
from mmtal.datasets.importers import (
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
from mmtal.datasets.importers.options import UNITS


def main() -> None:
    args = make_parser().parse_args()
    if args.split and args.folds:
        raise ValueError("give --split or --folds, not both")
    if args.split_only and not (args.split or args.folds):
        raise ValueError("--split-only is for --split and --folds")
    out = Path(args.out)
    imported = import_annotations(
        [Source.parse(text) for text in args.sources],
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
        shares = {k: float(v) for k, v in pairs(args.split, "--split").items()}
        split = split_database(imported.database, shares, only=args.split_only, seed=args.seed)
        files = {out: split}
        print(format_split([split], list(shares)))
    elif args.folds:
        folds = fold_databases(imported.database, args.folds, only=args.split_only, seed=args.seed)
        files = {out.with_stem(f"{out.stem}_fold{k}"): fold for k, fold in enumerate(folds)}
        print(format_split(folds, [f"fold {k}" for k in range(args.folds)]))
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
    add("sources", nargs="+", metavar="[SUBSET=]SOURCE", help="files and folders to import")
    add("--out", required=True, help=".json, or .csv or .tsv for a table")
    add("--format", choices=list(FORMATS), help="default: told by the content")
    add("--fps", type=float, help="frames per second, where the source does not say it")
    add("--unit", choices=UNITS, help="of plain numbers as times, where the source does not say it")
    add("--columns", nargs="+", default=[], metavar="ROLE=NAME", help="such as recording=tape")
    add("--labels", nargs="+", default=[], metavar="NAME", help="verb, noun or action; tiers; ...")
    add("--classes", help="file of class numbers and names")
    add("--background", nargs="*", default=["background"], metavar="LABEL", help="no actions")
    add("--durations", help="table: recording, duration (or frames) and fps")
    add("--features", help="folder of feature files, for durations")
    add("--feature-stride", type=float, help="frames from one feature to the next")
    add("--snippet-frames", type=float, help="frames behind one feature")
    add("--bad-segments", choices=["error", "keep", "drop"], default="error",
        help="reversed, empty or outside the recording (default: error)")  # fmt: skip
    add("--lists", nargs="+", default=[], metavar="SUBSET=FILE", help="lists of recordings")
    add("--split", nargs="+", default=[], metavar="SUBSET=SHARE", help="training=0.8 test=0.2")
    add("--folds", type=int, help="write FILE_fold0.json and so on, for cross-validation")
    add("--split-only", nargs="+", default=[], metavar="SUBSET", help="split only these")
    add("--group", help="column, or pattern such as '^(P\\d+)_': recordings to keep together")
    add("--seed", type=int, default=0, help="of the split (default: 0)")
    return parser


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """``KEY=VALUE`` arguments."""
    wrong = [text for text in texts if "=" not in text.strip("=")]
    if wrong:
        raise ValueError(f"{option} must be NAME=VALUE, but got '{wrong[0]}'")
    return dict(text.split("=", 1) for text in texts)


if __name__ == "__main__":
    run_tool(main)
