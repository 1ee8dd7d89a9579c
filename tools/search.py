"""Search for better config values: python tools/search.py CONFIG --data_path PATH.

Trials are compared on training recordings that are held out from training, never on the test set.
The same command goes on with a search that was interrupted.
"""

import argparse
from pathlib import Path

from mmengine.config import DictAction

from mmtal.cli.entry import run_tool


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "config",
        help="a config: its path, or its name below configs/actionformer; auto: one that fits the "
        "data",
    )
    parser.add_argument("--data_path", required=True, help="folder with annotations and features")
    parser.add_argument(
        "--study", help="folder of the results, below work_dirs/search/; default: the config's name"
    )
    parser.add_argument(
        "--store", type=Path, help="SQLite file with the trials; default: study.db in the folder"
    )
    parser.add_argument(
        "--trials", type=int, default=30, help="in all, with those of earlier runs (default: 30)"
    )
    parser.add_argument(
        "--workers", type=int, default=1, help="trials at the same time; GPUs are shared out"
    )
    parser.add_argument("--space", type=Path, metavar="YAML", help="lines 'key: log(low, high)'")
    parser.add_argument(
        "--vary",
        nargs="+",
        default=[],
        metavar="KEY=RANGE",
        help="learning_rate, batch_size, epochs, weight_decay (the default space: all four) or any "
        "dotted name = log(low, high), float(low, high), int(low, high[, step]) or choice(a, b)",
    )
    parser.add_argument(
        "--cfg-options", nargs="+", action=DictAction, metavar="KEY=VALUE", help="fixed values"
    )
    parser.add_argument(
        "--val-share", type=float, default=0.25, help="of the training set (default: 0.25)"
    )
    parser.add_argument(
        "--group",
        metavar="PATTERN",
        help="recordings with the same match, such as '(S[0-9]+)_', are held out together",
    )
    parser.add_argument("--minutes", type=float, help="begin no trial after so many minutes")
    parser.add_argument("--seed", type=int, default=0, help="of everything (default: 0)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    from mmtal.experiments.search import SearchSettings, read_space, search  # says what to install

    options = args.cfg_options or {}
    folder = Path("work_dirs") / "search" / (args.study or Path(args.config).stem)
    search(
        SearchSettings(args.config, args.data_path, folder, seed=args.seed, options=options),
        read_space(args.space, args.vary, fixed=options),
        store=args.store,
        trials=args.trials,
        workers=args.workers,
        val_share=args.val_share,
        group=args.group,
        minutes=args.minutes,
    )


if __name__ == "__main__":
    run_tool(main, interrupted="the same command goes on with the search")
