"""Convert results into another format or a submission, or check whether they fit it.

activitynet is the common results JSON, and results the same with all of mmtal's fields; thumos is
THUMOS14's detection text, actionformer and spot what these releases write, and epic, epic-sounds,
ego4d, hacs and soccernet are submissions to these benchmarks.
"""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import passed_on, print_json

FORMATS = (
    "epic", "epic-sounds", "ego4d", "activitynet", "soccernet", "spot", "thumos", "actionformer",
    "table",
)  # fmt: skip
TARGETS = ("results", "activitynet", "hacs", "epic", "epic-sounds", "ego4d", "soccernet", "thumos")
FIXABLE = ("labels", "nan", "unlisted", "missing", "reversed", "outside", "large-losses")

ARGUMENTS = {
    "results": dict(type=Path),
    "--out": dict(type=Path, note="default: only check"),
    "--to": dict(choices=TARGETS, default="results"),
    "--from": dict(dest="source", choices=FORMATS, help="what it is (default: by its content)"),
    "--ann": dict(
        type=Path,
        note="or another list of the benchmark's recordings: table of EPIC-Kitchens (.csv; the "
        "other tables lie beside it), moments_*.json of Ego4D",
    ),
    "--subset": "",
    "--classes": dict(type=Path),
    "--part": "",
    "--retrieval": dict(type=Path, metavar="FILE", help="Ego4D: detections for recall"),
    "--time-zero": dict(
        choices=["features", "clip"], default="features",
        help="Ego4D: where the results' recordings begin (features: where ours do)",
    ),
    "--max-per-video": "those of highest score",
    "--fix": dict(
        nargs="+", choices=FIXABLE, default=[], metavar="WHAT",
        note="leave out unknown labels, nan, unlisted recordings or reversed segments, add missing "
        f"recordings, clip what is outside, even if more than 5 %% are lost: {', '.join(FIXABLE)}",
    ),
    "--sls": dict(
        nargs=3, type=int, default=[], metavar=("PT", "TL", "TD"),
        help="EPIC: levels of supervision, 0 to 5: pretraining, training labels, training data",
    ),
    "--modality": dict(
        choices=["audio", "video", "audio-video"], default="audio",
        help="EPIC-Sounds: what the model was trained on",
    ),
    "--external-data": dict(metavar="TEXT", help="ActivityNet, HACS: other data used"),
    "--json": "what was read, and notes",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.results.submissions.converting import ConvertOptions, convert_results
    from mmtal.results.submissions.formats import FORMATS, TARGETS
    from mmtal.utils.wording import counted

    options = ConvertOptions(
        source_format=args.source,
        official=args.ann,
        class_file=args.classes,
        levels=args.sls,
        **passed_on(args, "to", "part", "subset", "fix", "max_per_video"),
        **passed_on(args, "modality", "external_data", "retrieval", "time_zero"),
    )
    done = convert_results(args.results, args.out, options)
    title = TARGETS[args.to].title
    if args.json:
        facts = dict(source=done.source_format, notes=done.notes, classes=done.classes)
        numbers = dict(recordings=len(done.detections.video_ids), detections=len(done.detections))
        print_json(args, dict(facts, **numbers, to=args.to, out=args.out and str(args.out)))
        return
    videos = counted(len(done.detections.video_ids), "recording")
    print(
        f"{args.results}: {FORMATS[done.source_format].title}, {videos}, "
        f"{counted(len(done.detections), 'detection')}, {counted(len(done.classes), 'class')}"
    )
    for note in done.notes:
        print(f"  {note}")
    print(f"written to {args.out}: {title}" if args.out else f"fit to become {title}")
