"""Find everything that is wrong with a data set.

Exit code 0: the data can be used; 1: errors were found; 2: nothing could be verified (a file is
missing or in another format, or an option is wrong); 130: interrupted.
"""

from argparse import Namespace

from mmtal.cli.options import PLACES, class_names, passed_on, print_result, shared

ARGUMENTS = {
    "config": dict(nargs="?", note="its data, pipelines and model are verified"),
    "--ann": dict(nargs="+"),
    "--features": "",
    "--subset": dict(nargs="+", note="only these"),
    "--file-prefix": dict(metavar="TEXT", help="before names of files; default: as in DIR"),
    "--file-ext": dict(metavar="TEXT", help="default: as in DIR"),
    **shared("--feature-key", "--feature-stride", "--snippet-frames"),
    "--fps": "of all recordings",
    "--classes": "default: the labels that occur",
    "--max-seq-len": dict(type=int, metavar="N", help="longest sequence in training"),
    "--min-overlap": dict(
        type=float, default=0.5, metavar="SHARE", help="of an instance that truncation leaves",
    ),
    "--out": "the whole report, as JSON",
    "--json": "the whole report",
    "--fix": dict(metavar="FILE", note="into these annotations, and a .log.json of the changes"),
    "--cfg-options": "",
}  # fmt: skip


def run(args: Namespace) -> int:
    from mmtal.engine.runner import load_config
    from mmtal.preparation.verification import fix, verify, verify_config
    from mmtal.utils.files import write_json

    if (args.config is None) == (args.ann is None):
        raise ValueError("give either a config or --ann")
    if args.config and (args.features or args.subset):
        raise ValueError("--features and --subset are for --ann: the config names its own")
    classes = class_names(args)
    if args.config:
        report = verify_config(load_config(args.config, options=args.cfg_options, classes=classes))
    else:
        files = ("features", "subset", "file_prefix", "file_ext", "max_seq_len", "min_overlap")
        report = verify(args.ann, classes=classes, **passed_on(args, *files, *PLACES))
    print_result(args, report.to_json(), report.format())
    if args.out:
        write_json(args.out, report.to_json(), indent=1)
    if args.fix:
        changes = fix(report, args.fix)
        print(f"{args.fix}: {sum(changes.values())} changes {changes or ''}")
    return 0 if report.ok else 1
