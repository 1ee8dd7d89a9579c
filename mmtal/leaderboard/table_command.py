"""``tools/leaderboard.py table``."""

import argparse
from typing import Any

from mmtal.files import write_text
from mmtal.leaderboard.measured import read_runs
from mmtal.leaderboard.published import PUBLISHED, read_published
from mmtal.leaderboard.spec import read_spec
from mmtal.leaderboard.table import build_tables
from mmtal.leaderboard.table_page import leaderboard_page
from mmtal.leaderboard.table_text import markdown_text, terminal_text


def add_to(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "table", help="show records beside published figures, and what is missing"
    )
    parser.add_argument("records", nargs="*", metavar="FOLDER", help="folders of records")
    parser.add_argument(
        "--spec", nargs="+", default=[], metavar="YAML", help="also say which runs are missing"
    )
    parser.add_argument("--markdown", metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--html", metavar="FILE", help="write one page with tables and pictures")
    parser.add_argument("--published", default=PUBLISHED, metavar="YAML", help="published figures")
    parser.add_argument(
        "--all", action="store_true", help="print benchmarks without records, too, to the terminal"
    )
    parser.set_defaults(command=_command)


def _command(args: argparse.Namespace) -> None:
    runs = read_runs(args.records)
    planned = [(path, row) for path in args.spec for row in read_spec(path, need_data=False)]
    tables = build_tables(runs, read_published(args.published), planned)
    ours = [table for table in tables if any(row.published is None for row in table.rows)]
    print(terminal_text(tables if args.all or not ours else ours))
    for path, content in ((args.markdown, markdown_text), (args.html, leaderboard_page)):
        if path:
            write_text(path, content(tables))
            print(f"\nwritten: {path}")
