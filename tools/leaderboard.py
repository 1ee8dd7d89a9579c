"""Runs that can be trusted: run them, show them beside published figures, guard them."""

import argparse

from mmtal.cli.entry import run_tool
from mmtal.experiments.leaderboard import check_command, run_command, table_command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (run_command, table_command, check_command):
        module.add_to(commands)
    args = parser.parse_args()
    args.command(args)


if __name__ == "__main__":
    run_tool(main, interrupted="the same command goes on")
