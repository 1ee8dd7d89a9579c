"""Convert results into another format or a submission, or check whether they fit it.

activitynet is the common results JSON, and results the same with all of mmtal's fields; thumos is
THUMOS14's detection text, actionformer what the official release writes, and epic, ego4d and hacs
are submissions to these benchmarks.
"""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import print_json
from mmtal.cli.parser import CommandParser

FORMATS = ("epic", "ego4d", "activitynet", "thumos", "actionformer")
TARGETS = ("results", "activitynet", "hacs", "epic", "ego4d", "thumos")
FIXABLE = ("labels", "nan", "unlisted", "missing", "reversed", "outside")


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("results", type=Path)
    parser.add_argument("--out", type=Path, note="default: only check")
    parser.add_argument("--to", choices=TARGETS, default="results", note="default: results")
    parser.add_argument(
        "--from", dest="source", choices=FORMATS, help="what it is (default: by its content)"
    )
    parser.add_argument(
        "--ann",
        type=Path,
        note="or another list of the benchmark's recordings: table of EPIC-Kitchens (.csv; the "
        "other tables lie beside it), moments_*.json of Ego4D",
    )
    parser.add_argument("--subset")
    parser.add_argument("--classes", type=Path)
    parser.add_argument("--part")
    parser.add_argument(
        "--retrieval", type=Path, metavar="FILE", help="Ego4D: detections for recall"
    )
    parser.add_argument(
        "--time-zero",
        choices=["features", "clip"],
        default="features",
        help="Ego4D: where the results' recordings begin (default: where ours do)",
    )
    parser.add_argument("--max-per-video", note="those of highest score")
    parser.add_argument(
        "--fix",
        nargs="+",
        choices=FIXABLE,
        default=[],
        metavar="WHAT",
        note="leave out unknown labels, nan, unlisted recordings or reversed segments, add missing "
        f"recordings, clip what is outside: {', '.join(FIXABLE)}",
    )
    parser.add_argument(
        "--sls",
        nargs=3,
        type=int,
        default=[],
        metavar=("PT", "TL", "TD"),
        help="EPIC: levels of supervision, 0 to 5: pretraining, training labels, training data",
    )
    parser.add_argument(
        "--external-data", metavar="TEXT", help="ActivityNet, HACS: other data used"
    )
    parser.add_argument("--json", note="what was read, and notes")


def run(args: Namespace) -> None:
    from mmtal.results.submissions.converting import ConvertOptions, convert_results
    from mmtal.results.submissions.targets import TARGETS
    from mmtal.utils.wording import counted

    options = ConvertOptions(
        to=args.to,
        source_format=args.source,
        part=args.part,
        official=args.ann,
        subset=args.subset,
        class_file=args.classes,
        fix=args.fix,
        max_per_video=args.max_per_video,
        levels=args.sls,
        external_data=args.external_data,
        retrieval=args.retrieval,
        time_zero=args.time_zero,
    )
    done = convert_results(args.results, args.out, options)
    title = TARGETS[args.to].title
    if args.json:
        facts = dict(source=done.source_format.name, notes=done.notes, classes=done.classes)
        numbers = dict(recordings=len(done.detections.video_ids), detections=len(done.detections))
        print_json(args, dict(facts, **numbers, to=args.to, out=args.out and str(args.out)))
        return
    videos = counted(len(done.detections.video_ids), "recording")
    print(
        f"{args.results}: {done.source_format.title}, {videos}, "
        f"{counted(len(done.detections), 'detection')}, {counted(len(done.classes), 'class')}"
    )
    for note in done.notes:
        print(f"  {note}")
    print(f"written to {args.out}: {title}" if args.out else f"fit to become {title}")
