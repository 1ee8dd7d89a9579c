"""Write annotations, or predictions, for an annotation tool, or as a table, or as JSON."""

from argparse import Namespace
from pathlib import Path
from typing import Any

ARGUMENTS = {
    "results": dict(nargs="?", note="default: write the annotations"),
    "--ann": dict(required=True),
    "--out": dict(required=True, note="a file, or a folder where a file holds one recording"),
    "--to": dict(metavar="FORMAT", note="default: by the ending of --out"),
    "--subset": dict(nargs="+", default=[], note="default: all"),
    "--score-thr": "default: of best F1, where the results say it; else 0.3",
    "--classes": "of the numbers in the results",
    "--fps": "where the annotations lack it",
    "--media": "that the tool opens",
}


def run(args: Namespace) -> None:
    from mmtal.preparation.importers import (
        Source,
        check_export,
        export_annotations,
        import_annotations,
    )
    from mmtal.utils.wording import counted

    out = Path(args.out)
    check_export(out, args.to)
    database = import_annotations([Source(Path(args.ann))], bad_segments="keep").database
    wanted = {name.lower() for name in args.subset}
    present = {entry["subset"] for entry in database.values()}
    missing = wanted - {name.lower() for name in present}
    if missing:
        raise ValueError(f"no subset '{min(missing)}'; there is {', '.join(sorted(present))}")
    chosen = {k: v for k, v in database.items() if not wanted or v["subset"].lower() in wanted}
    if args.fps:
        chosen = {name: {"fps": args.fps, **entry} for name, entry in chosen.items()}
    if args.results:
        chosen = predicted(args, chosen)
    add_media(chosen, args.media)
    files = export_annotations(out, chosen, args.to)
    number = counted(sum(len(entry["annotations"]) for entry in chosen.values()), "instance")
    more = f", {counted(len(files), 'file')}" if files != [out] else ""
    print(f"{out}: {counted(len(chosen), 'recording')}, {number}{more}")


def add_media(database: dict[str, dict[str, Any]], media: str | None) -> None:
    """Put the files of recordings into their entries."""
    from mmtal.cli.recordings import find_media

    if media is not None:
        for name, path in find_media(Path(media), list(database)).items():
            database[name]["media"] = {str(path.absolute()): database[name].get("duration")}


def predicted(args: Namespace, database: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Those of the recordings that results list, with their predictions as instances."""
    from mmtal.datasets.annotation_file import AnnotationFile
    from mmtal.datasets.point_events import extent
    from mmtal.results.coverage import check_times
    from mmtal.results.result_files import read_recordings, read_results, score_threshold
    from mmtal.results.submissions.official_list import class_names
    from mmtal.utils.wording import counted

    classes = class_names(AnnotationFile(args.ann, points=None))
    table = read_results(args.results, classes, class_file=args.classes)
    least = score_threshold(args.results, args.score_thr)
    listed = [name for name in read_recordings(args.results) if name in database]
    if not listed:
        raise ValueError(f"{args.results} is about other recordings than {args.ann}")
    durations, rates = (
        {name: entry[key] for name, entry in database.items() if entry.get(key)}
        for key in ("duration", "fps")
    )
    check_times(table, durations, rates, args.results)
    subsets = {database[name]["subset"] for name in listed}
    expected = sum(entry["subset"] in subsets for entry in database.values())
    if expected > len(listed):
        print(f"note: left out: {counted(expected - len(listed), 'recording')} without results")
    if not (table.scores >= least).any():
        print(f"note: all {counted(len(table), 'detection')} score below {least:g} (--score-thr)")
    found: dict[str, dict[str, Any]] = {n: {**database[n], "annotations": []} for n in listed}
    for name, rows in table.rows_by_recording():
        for row in rows[table.scores[rows] >= least] if name in found else ():
            label = int(table.labels[row])
            found[name]["annotations"].append(
                {
                    "label": classes[label],
                    "label_id": label,
                    **extent(*table.segments[row].tolist()),
                    "score": round(float(table.scores[row]), 6),
                }
            )
    return found
