"""Print a config with everything that it inherits: python tools/print_config.py CONFIG."""

import argparse

from mmengine.config import DictAction

from mmtal.cli.entry import run_tool
from mmtal.engine.runner import load_config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="config file")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        metavar="KEY=VALUE",
        help="override values of the config, by dotted name",
    )
    args = parser.parse_args()
    print(load_config(args.config, options=args.cfg_options).pretty_text)


if __name__ == "__main__":
    run_tool(main)
