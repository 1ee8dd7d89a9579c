"""Convert or check results: python tools/convert_results.py RESULTS [OUT] --to FORMAT."""

import argparse
from pathlib import Path

from mmtal.cli.entry import run_tool
from mmtal.results.submissions.converting import ConvertOptions, convert_results
from mmtal.results.submissions.formats import FORMATS
from mmtal.results.submissions.remedies import MENDED, MENDS
from mmtal.results.submissions.targets import TARGETS
from mmtal.utils.wording import counted


def main() -> None:
    readable = "; ".join(f"{entry.name}: {entry.title}" for entry in FORMATS.values())
    writable = "; ".join(f"{entry.name}: {entry.title}" for entry in TARGETS.values())
    mendable = "; ".join(f"{name}: {MENDED[kind]}" for name, kind in MENDS.items())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="in any of the formats, gzipped or not")
    parser.add_argument("out", nargs="?", type=Path, help="write this (default: only check)")
    parser.add_argument("--to", choices=list(TARGETS), default="results", help=writable)
    parser.add_argument(
        "--from", dest="source", choices=list(FORMATS), help=f"default: by content. {readable}"
    )
    parser.add_argument(
        "--ann",
        type=Path,
        help="the benchmark's list of recordings: annotation JSON, EPIC-Kitchens table (.csv; the "
        "other tables lie beside it), moments_*.json of Ego4D",
    )
    parser.add_argument("--subset", help="of an annotation JSON, such as test")
    parser.add_argument("--classes", type=Path, help="names of the classes by number")
    parser.add_argument(
        "--part", help="read these: verb, noun or action (EPIC), detect or retrieve (Ego4D)"
    )
    parser.add_argument("--retrieval", type=Path, help="Ego4D: detections for recall")
    parser.add_argument(
        "--time-zero",
        choices=["features", "clip"],
        default="features",
        help="Ego4D: where the results' recordings begin (default: where ours do)",
    )
    parser.add_argument("--max-per-video", type=int, metavar="N", help="keep the N best")
    parser.add_argument(
        "--mend", nargs="+", choices=list(MENDS), default=[], metavar="WHAT", help=mendable
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
    args = parser.parse_args()

    options = ConvertOptions(
        to=args.to,
        source_format=args.source,
        part=args.part,
        official=args.ann,
        subset=args.subset,
        class_file=args.classes,
        mend=args.mend,
        max_per_video=args.max_per_video,
        levels=args.sls,
        external_data=args.external_data,
        retrieval=args.retrieval,
        time_zero=args.time_zero,
    )
    done = convert_results(args.results, args.out, options)
    videos = counted(len(done.detections.video_ids), "recording")
    print(
        f"{args.results}: {done.source_format.title}, {videos}, "
        f"{counted(len(done.detections), 'detection')}, {counted(len(done.classes), 'class')}"
    )
    for note in done.notes:
        print(f"  {note}")
    title = TARGETS[args.to].title
    print(f"written to {args.out}: {title}" if args.out else f"fit to become {title}")


if __name__ == "__main__":
    run_tool(main)
