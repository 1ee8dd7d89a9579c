"""Show records beside published figures, and what is missing."""

import re
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmtal.cli.options import print_result

if TYPE_CHECKING:
    from mmtal.experiments.leaderboard.table import Table

ARGUMENTS = {
    "records": dict(nargs="*", note="any number of them"),
    "--spec": dict(nargs="+", default=[], metavar="YAML", help="also say which runs are missing"),
    "--markdown": dict(
        metavar="FILE", help="write the tables as Markdown, with pictures in images/ beside it",
    ),
    "--html": dict(metavar="FILE", help="write one page with tables and pictures"),
    "--published": dict(metavar="YAML", help="published figures (default: those mmtal knows)"),
    "--all": dict(
        action="store_true", help="print benchmarks without records, too, to the terminal",
    ),
    "--json": "each seed's figures",
}  # fmt: skip


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
    print_result(args, [as_dict(table) for table in shown], terminal_text(shown))
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
    from mmtal.experiments.leaderboard.table_page import draw_table
    from mmtal.visualization.layout import save_figure

    found = {}
    for table in tables:
        figure = draw_table(table)
        if figure:
            name = f"images/{re.sub('[/, ]+', '_', table.title)}.png"  # Markdown wants no spaces
            save_figure(figure, document.parent / name)
            found[table.title] = name
    return found
