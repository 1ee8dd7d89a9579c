"""Bring annotations of other formats into mmtal's."""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.data_split import add_split_arguments, pairs, split
from mmtal.cli.parser import CommandParser

FORMATS = (
    "csv", "activitynet", "thumos", "epic", "ego4d", "charades", "frames", "label-studio", "via",
    "elan",
)  # fmt: skip


def add_arguments(parser: CommandParser) -> None:
    add = parser.add_argument
    add("sources", nargs="+", metavar="[SUBSET=]SOURCE", help="files and folders; a data set")
    add("--out", required=True, note=".json, or .csv or .tsv for a table")
    add("--format", choices=FORMATS, note="default: by the content")
    add("--bad-segments", choices=["error", "keep", "drop"], default="error",
        help="reversed, empty or outside the recording (default: error)")  # fmt: skip

    unsaid = parser.add_argument_group("what the source does not say")
    add("--fps", group=unsaid)
    add("--unit", group=unsaid, choices=["seconds", "frames", "milliseconds"],
        help="of times that are plain numbers")  # fmt: skip
    add("--columns", group=unsaid, nargs="+", default=[], metavar="ROLE=NAME",
        help="such as recording=tape")  # fmt: skip
    add("--labels", group=unsaid, nargs="+", default=[], metavar="NAME",
        help="which labels, of several: verb, noun or action; tiers; attribute")  # fmt: skip
    add("--background", group=unsaid, nargs="*", default=["background"], metavar="LABEL",
        help="labels of frames without an action (default: background)")  # fmt: skip
    add("--classes", group=unsaid)
    add("--durations", group=unsaid, metavar="FILE",
        help="table: recording, duration or frames, fps")  # fmt: skip
    add("--features", group=unsaid, note="for durations: one folder; needs the next two")
    add("--feature-stride", group=unsaid)
    add("--snippet-frames", group=unsaid)

    subsets = parser.add_argument_group("subsets")
    add("--lists", group=subsets, nargs="+", default=[], metavar="SUBSET=FILE",
        help="a recording on each line")  # fmt: skip
    add_split_arguments(parser, subsets)


def run(args: Namespace) -> None:
    from mmtal.preparation.importers import (
        ImportOptions,
        Source,
        format_summary,
        import_annotations,
        read_class_names,
    )

    if len(args.features or []) > 1:
        raise ValueError("--features: the durations need one folder, not several")
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
