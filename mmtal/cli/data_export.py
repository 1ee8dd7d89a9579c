"""Write annotations as a table (.csv, .tsv), or as JSON, of all recordings or of a subset."""

from argparse import Namespace
from pathlib import Path

ARGUMENTS = {
    "--ann": dict(required=True),
    "--out": dict(required=True, note=".csv, .tsv or .json"),
    "--subset": dict(nargs="+", default=[], note="default: all"),
}


def run(args: Namespace) -> None:
    from mmtal.preparation.importers import Source, import_annotations, write_annotations
    from mmtal.utils.wording import counted

    database = import_annotations([Source(Path(args.ann))], bad_segments="keep").database
    wanted = {name.lower() for name in args.subset}
    present = {entry["subset"] for entry in database.values()}
    missing = wanted - {name.lower() for name in present}
    if missing:
        raise ValueError(f"no subset '{min(missing)}'; there is {', '.join(sorted(present))}")
    chosen = {k: v for k, v in database.items() if not wanted or v["subset"].lower() in wanted}
    write_annotations(Path(args.out), chosen)
    print(f"{args.out}: {counted(len(chosen), 'recording')}")
