"""``tools/leaderboard.py table``."""

import argparse
from typing import Any


def add_to(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("table")
    parser.set_defaults(command=_command)


def _command(args: argparse.Namespace) -> None:
    raise NotImplementedError
