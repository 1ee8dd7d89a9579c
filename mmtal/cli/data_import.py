"""Import annotations from other formats."""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.data_split import SPLIT, describe_files, pairs, split
from mmtal.cli.options import passed_on, print_json, shared

ARGUMENTS = {
    "sources": dict(nargs="+", metavar="[SUBSET=]SOURCE", help="files and folders; a data set"),
    "--out": dict(required=True, note=".json, or .csv or .tsv for a table"),
    "--format": dict(metavar="NAME", note="default: by the content"),
    "--bad-segments": dict(
        choices=["error", "keep", "drop", "point"], default="error",
        help="reversed, empty or outside the recording, or STARTs without STOP; point: empty ones "
        "are events without duration",
    ),
    "--json": "what was read, left out and written",
}  # fmt: skip
GROUPS = {
    "what the source does not say": {
        "--fps": "",
        "--unit": dict(
            choices=["s", "ms", "us", "min", "h", "frames", "seconds", "milliseconds"],
            help="of times that are plain numbers",
        ),
        "--columns": dict(
            nargs="+", default=[], metavar="ROLE=NAME",
            help="such as recording=tape; recording=FILE: a table is one recording",
        ),
        "--inclusive": dict(
            action="store_true", help="ends of a table in frames are the last that belong to it"
        ),
        "--labels": dict(
            nargs="+", default=[], metavar="NAME",
            help="which labels, of several: verb, noun or action; tiers; attribute",
        ),
        "--subjects": dict(
            nargs="+", default=[], metavar="NAME", help="take only what these subjects do"
        ),
        "--per-subject": dict(
            action="store_true", help="a recording for each subject, named RECORDING.SUBJECT"
        ),
        "--class-parts": dict(
            nargs="+", choices=["subject", "modifiers"], default=[],
            help="part of the class besides the label",
        ),
        "--background": dict(
            nargs="*", metavar="LABEL",
            help="labels that are no action (default: background, of labels of frames)",
        ),
        "--classes": "",
        "--durations": dict(metavar="FILE", help="table: recording, duration or frames, fps"),
        "--features": "for durations: one folder; needs the next two",
        **shared("--feature-stride", "--snippet-frames"),
    },
    "subsets": {
        "--lists": dict(
            nargs="+", default=[], metavar="SUBSET=FILE", help="a recording on each line"
        ),
        **SPLIT,
    },
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.preparation.importers import (
        ImportOptions,
        Source,
        format_summary,
        import_annotations,
    )
    from mmtal.results.submissions.official_list import read_class_numbers

    if len(args.features or []) > 1:
        raise ValueError("--features: the durations need one folder, not several")
    out = Path(args.out)
    sources = [Source.parse(text) for text in args.sources]
    imported = import_annotations(
        sources,
        format_name=args.format,
        options=ImportOptions(
            labels=tuple(args.labels),
            columns=pairs(args.columns, "--columns"),
            classes=read_class_numbers(Path(args.classes)) if args.classes else None,
            background=None if args.background is None else tuple(args.background),
            subjects=tuple(args.subjects),
            class_parts=tuple(args.class_parts),
            aside=[Path(args.classes).resolve()] if args.classes else [],
            **passed_on(args, "fps", "unit", "group", "inclusive", "per_subject"),
            **passed_on(args, "feature_stride", "snippet_frames"),
        ),
        durations=Path(args.durations) if args.durations else None,
        features=Path(args.features[0]) if args.features else None,
        lists=[Source(Path(p), s) for s, p in pairs(args.lists, "--lists").items()],
        bad_segments=args.bad_segments,
    )
    files = split(args, imported.database, out, sources=[source.path for source in sources])
    print(format_summary(imported, next(iter(files.values()))))
    print(f"written: {', '.join(map(str, files))}")
    if out.suffix == ".json":
        features = args.features[0] if args.features else "FOLDER_OF_FEATURES"
        print(f"next: mmtal data verify --ann {next(iter(files))} --features {features}")
    if args.json:
        left_out, notes = dict(imported.dropped), list(imported.notes)
        read = {"formats": imported.formats, "left_out": left_out, "notes": notes}
        print_json(args, {**read, "files": describe_files(files)})
