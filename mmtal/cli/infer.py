"""Find actions in recordings that nobody has annotated."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmtal.cli.options import passed_on, print_json, shared

if TYPE_CHECKING:
    from mmtal.inference.detections import Detections

ARGUMENTS = {
    **shared("config", "checkpoint"),
    "inputs": dict(
        nargs="+",
        help="feature files, videos, or folders of them; several sources are joined by a comma: "
        "rgb,flow",
    ),
    "--out": "the detections, as ActivityNet results JSON (.json), or as --to says",
    "--to": dict(
        metavar="FORMAT",
        note="of an annotation tool, as for mmtal data export (default: by the ending of --out); "
        "detections from the threshold on",
    ),
    "--media": "with --to: that the tool opens",
    "--show-dir": "",
    "--score-thr": "nor write them; default: write all, show from the checkpoint's threshold on",
    **shared("--fps", "--device", "--amp"),
    "--batch-size": dict(default=1, note="does not change the result"),
    "--window": dict(
        type=float, metavar="SECONDS",
        help="longer recordings are predicted in windows of so many seconds, with the same "
        "result in less memory (default: 16384 features)",
    ),
    "--max-duration": "",
    "--burn": dict(
        metavar="OUT",
        help="write the video with what is found in it below, as MP4; of several: a folder",
    ),
    "--clips": dict(
        metavar="DIR", help="cut what is found out of the videos, from the threshold on"
    ),
    "--weights": dict(
        nargs="+", metavar="FILE", note="of the backbones, for videos; default: their own"
    ),
    "--classes": dict(nargs="+", note="or the names themselves; default: the checkpoint's"),
    **shared("--json", "--cfg-options"),
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.cli.data_export import add_media
    from mmtal.engine.runner import amp_precision
    from mmtal.inference.detections import format_detections
    from mmtal.inference.found_videos import FoundVideos
    from mmtal.inference.inferencer import TemporalActionInferencer
    from mmtal.preparation.importers import check_export, export_annotations

    if args.to and not args.out:
        raise ValueError("--to says how to write, but not where: give --out, too")
    exported = args.out and (args.to or Path(args.out).suffix.lower() != ".json")
    if exported:
        check_export(Path(args.out), args.to)
    inputs: Any = [sources(text) for text in args.inputs]
    videos = None
    if args.burn or args.clips:
        places = (path and Path(path) for path in (args.burn, args.clips))
        videos = FoundVideos(inputs, *places)
    infer = TemporalActionInferencer(
        classes=class_names(args.classes),
        options=args.cfg_options,
        precision=amp_precision(args.amp) if args.amp else None,
        **passed_on(args, "config", "checkpoint", "device", "window", "max_duration", "weights"),
    )
    results = infer(
        inputs,
        out_file=None if exported else args.out,
        **passed_on(args, "fps", "batch_size", "score_thr", "show_dir"),
    )
    if exported:
        database = {
            result.video_id: entry(result, infer.rates.get(result.video_id), args.score_thr)
            for result in results
        }
        add_media(database, args.media)
        export_annotations(Path(args.out), database, args.to)
    written = videos.write(results, lambda text: print(f"warning: {text}")) if videos else []
    if args.json:
        print_json(args, [result.to_dict() for result in results])
        return
    print(format_detections(results))
    for what, where in (("detections", args.out), ("pictures", args.show_dir)):
        if where:
            print(f"{what}: {where}")
    for text in written:
        print(text)


def class_names(given: Sequence[str] | None) -> Sequence[str] | None:
    """The names themselves, or those in the one file that is given."""
    from mmtal.results.submissions.official_list import read_names

    if given and len(given) == 1 and Path(given[0]).is_file():
        return read_names(Path(given[0]))
    return given


def entry(result: "Detections", fps: float | None, score_thr: float | None) -> dict[str, Any]:
    """A recording with what was found from the threshold on as its instances."""
    from mmtal.datasets.point_events import extent

    return {
        "duration": result.duration,
        **({"fps": fps} if fps else {}),
        "annotations": [
            {
                "label": found.name,
                "label_id": found.label,
                **extent(found.start, found.end),
                "score": round(found.score, 6),
            }
            for found in sorted(result.above(score_thr))
        ],
    }


def sources(text: str) -> str | tuple[str, ...]:
    """One path, or those of several sources."""
    return text if "," not in text or Path(text).exists() else tuple(text.split(","))
