"""Search for better config values.

Trials are compared on training recordings that are held out from training, never on the test set.
The same command goes on with a search that was interrupted.
"""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import class_names, passed_on, print_json

INTERRUPTED = "the same command goes on with the search"

ARGUMENTS = {
    "config": "auto: one that fits the data",
    "--data-path": dict(required=True),
    "--work-dir": "and for the study; default: work_dirs/search/ and the config's name",
    "--store": dict(
        type=Path, metavar="FILE",
        help="SQLite file with the trials (default: study.db in the folder)",
    ),
    "--trials": dict(type=int, default=30, metavar="N", help="in all, with those of earlier runs"),
    "--workers": dict(default=1, note="trials; GPUs are shared out"),
    "--space": dict(type=Path, metavar="YAML", help="lines such as 'key: log(low, high)'"),
    "--vary": dict(
        nargs="+", default=[], metavar="KEY=RANGE",
        help="learning_rate, batch_size, epochs, weight_decay (the default space: all four) or "
        "any dotted name = log(low, high), float(low, high), int(low, high[, step]) or choice(a, "
        "b)",
    ),
    "--cfg-options": "the same in all trials",
    "--classes": "default: the config's, or the labels that occur",
    "--val-share": dict(
        type=float, default=0.25, metavar="SHARE", help="of the training set that is held out",
    ),
    "--group": "such as '(S[0-9]+)_'",
    "--minutes": dict(type=float, metavar="N", help="begin no trial after so many minutes"),
    "--seed": dict(default=0),
    "--json": "the best trial",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.experiments.search import SearchSettings, read_space, search  # says what to install

    options = args.cfg_options or {}
    folder = Path(args.work_dir or Path("work_dirs", "search", Path(args.config).stem))
    found = search(
        SearchSettings(
            args.config,
            args.data_path,
            folder,
            seed=args.seed,
            options=options,
            classes=class_names(args),
        ),
        read_space(args.space, args.vary, fixed=options),
        **passed_on(args, "store", "trials", "workers", "val_share", "group", "minutes"),
    )
    if args.json:
        best = dict(mAP=found.best_value, values=found.values, config=str(found.best_config))
        print_json(args, dict(best, template_mAP=found.template_value))
