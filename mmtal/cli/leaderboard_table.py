"""Show records beside published figures, and what is missing."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmtal.cli.options import print_json
from mmtal.cli.parser import CommandParser

if TYPE_CHECKING:
    from mmtal.experiments.leaderboard.table import Table


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("records", nargs="*", note="any number of them")
    parser.add_argument(
        "--spec", nargs="+", default=[], metavar="YAML", help="also say which runs are missing"
    )
    parser.add_argument(
        "--markdown",
        metavar="FILE",
        help="write the tables as Markdown, with pictures in images/ beside it",
    )
    parser.add_argument("--html", metavar="FILE", help="write one page with tables and pictures")
    parser.add_argument(
        "--published", metavar="YAML", help="published figures (default: those mmtal knows)"
    )
    parser.add_argument(
        "--all", action="store_true", help="print benchmarks without records, too, to the terminal"
    )
    parser.add_argument("--json", note="each seed's figures")


def run(args: Namespace) -> None:
    from mmtal.experiments.leaderboard.measured import read_runs
    from mmtal.experiments.leaderboard.published import PUBLISHED, read_published
    from mmtal.experiments.leaderboard.spec import read_spec
    from mmtal.experiments.leaderboard.table import build_tables
    from mmtal.experiments.leaderboard.table_page import leaderboard_page
    from mmtal.experiments.leaderboard.table_text import markdown_text, terminal_text
    from mmtal.utils.files import write_text

    runs = read_runs(args.records)
    planned = [(path, row) for path in args.spec for row in read_spec(path, need_data=False)]
    tables = build_tables(runs, read_published(args.published or PUBLISHED), planned)
    ours = [table for table in tables if any(row.published is None for row in table.rows)]
    shown = tables if args.all or not ours else ours
    if args.json:
        print_json(args, [as_dict(table) for table in shown])
    else:
        print(terminal_text(shown))
    if args.markdown:
        write_text(args.markdown, markdown_text(tables, _pictures(tables, Path(args.markdown))))
    if args.html:
        write_text(args.html, leaderboard_page(tables))
    for path in filter(None, (args.markdown, args.html)):
        print(f"\nwritten: {path}")


def as_dict(table: "Table") -> dict[str, Any]:
    """A table as plain values."""
    rows = [
        dict(
            method=row.method,
            measured=row.measured is not None,
            figures={metric: row.values(metric) for metric in table.columns if row.values(metric)},
            missing=row.missing,
        )
        for row in table.rows
    ]
    return dict(benchmark=table.benchmark, protocol=table.protocol, rows=rows)


def _pictures(tables: Sequence["Table"], document: Path) -> dict[str, str]:
    """Draw each table with seeds of ours into ``images/`` beside a document."""
    from mmtal.experiments.leaderboard.table_figure import draw_table
    from mmtal.visualization.layout import save_figure

    found = {}
    for table in tables:
        figure = draw_table(table)
        if figure:
            name = f"images/{table.title.replace('/', '_')}.png"
            save_figure(figure, document.parent / name)
            found[table.title] = name
    return found
