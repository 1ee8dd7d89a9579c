"""Split recordings into subsets, or into folds, with the same mix of classes."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmtal.cli.options import print_json

SPLIT = {
    "--shares": dict(default=[]),
    "--folds": "",
    "--subset": dict(nargs="+", default=[], note="split these, leave others alone"),
    "--group": r"such as '^(P\d+)_' of the name; or a column of a table",
    "--seed": dict(default=0),
}
"""What ``data import`` takes, too."""
ARGUMENTS = {
    "--ann": dict(required=True),
    "--out": dict(required=True, note=".json, or .csv or .tsv for a table"),
    "--classes": "default: the labels that occur",
    **SPLIT,
    "--json": "instances of each class in each subset",
}


def run(args: Namespace) -> None:
    from mmtal.preparation.importers import (
        ImportOptions,
        Source,
        import_annotations,
    )
    from mmtal.results.submissions.official_list import read_class_numbers

    if not (args.shares or args.folds):
        raise ValueError("give --shares, such as training=0.8 test=0.2, or --folds")
    source = Source(Path(args.ann))
    classes = read_class_numbers(Path(args.classes)) if args.classes else None
    imported = import_annotations(
        [source], options=ImportOptions(group=args.group, classes=classes), bad_segments="keep"
    )
    files = split(args, imported.database, Path(args.out), sources=[source.path])
    print(f"written: {', '.join(map(str, files))}")
    if args.json:
        print_json(args, {"files": describe_files(files)})


def describe_files(files: Mapping[Path, Mapping[str, Any]]) -> dict[str, Any]:
    """For ``--json``: recordings and instances by class of each subset in each file."""
    from mmtal.preparation.importers import describe_subsets

    return {str(path): describe_subsets(database) for path, database in files.items()}


def split(
    args: Namespace, database: Mapping[str, Any], out: Path, *, sources: Sequence[Path]
) -> dict[Path, Mapping[str, Any]]:
    """Split a database as the options say, and write it; returns each file's database."""
    from mmtal.datasets.label_checks import check_labels, labels_of, one_split_classes
    from mmtal.preparation.importers import (
        fold_databases,
        format_split,
        split_database,
        write_annotations,
    )

    if args.shares and args.folds:
        raise ValueError("give --shares or --folds, not both")
    if args.subset and not (args.shares or args.folds):
        raise ValueError("--subset is for --shares and --folds")
    files: dict[Path, Mapping[str, Any]] = {out: database}
    if args.shares:
        shares = {k: share(v) for k, v in pairs(args.shares, "--shares").items()}
        files = {out: split_database(database, shares, only=args.subset, seed=args.seed)}
        print(format_split([files[out]], list(shares)))
    elif args.folds:
        folds = fold_databases(database, args.folds, only=args.subset, seed=args.seed)
        files = {out.with_stem(f"{out.stem}_fold{k}"): fold for k, fold in enumerate(folds)}
        print(format_split(folds, [f"fold {k}" for k in range(args.folds)]))
    for path in files:
        if any(path.exists() and path.samefile(source) for source in sources):
            raise ValueError(f"--out: would overwrite the source {path}: choose another name")
    for path, content in files.items():
        if not args.classes:  # which say what differs
            check_labels(labels_of(content), source=str(path))
    line = "" if args.shares or args.folds else one_split_classes(labels_of(database))
    if line:
        print(f"note: {line}")
    for path, content in files.items():
        write_annotations(path, content)
    return files


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """``KEY=VALUE`` arguments."""
    from mmtal.utils.wording import repeated

    wrong = [text for text in texts if "=" not in text.strip("=")]
    if wrong:
        raise ValueError(f"{option} must be NAME=VALUE, but got '{wrong[0]}'")
    found = [text.split("=", 1) for text in texts]
    if twice := repeated(key for key, _ in found):
        raise ValueError(f"{option}: '{twice[0]}' is given twice")
    return dict(found)


def share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"--shares must be SUBSET=NUMBER, but got '{text}'") from None
