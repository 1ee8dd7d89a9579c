"""Draw tables, and render the leaderboard as one self-contained HTML page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from mmtal.experiments.leaderboard.difference import (
    EMPTY,
    Difference,
    in_percent,
    mean_and_deviation,
)
from mmtal.experiments.leaderboard.record import Record
from mmtal.experiments.leaderboard.table import Table, TableRow
from mmtal.experiments.leaderboard.table_text import (
    PREAMBLE,
    SEEDS_SHOWN,
    Notes,
    best,
    num_seeds,
    source_name,
    sources,
    table_header,
)
from mmtal.utils.wording import counted
from mmtal.visualization.colors import HIT, MISS
from mmtal.visualization.html_page import html_figure, html_page
from mmtal.visualization.layout import Sheet, plain, shorten

ASSETS = Path(__file__).parent / "assets"
SHORT = 8
"""Digits of hashes that are shown."""

RUN_TITLES = ("train, s", "test, s", "RAM, MiB", "GPU, MiB", "commit", "config", "finished (UTC)")


def leaderboard_page(tables: Sequence[Table], *, title: str = "Leaderboard") -> str:
    """The page; its tables sort by a click or by the keyboard."""
    boards = [_board(table) for table in tables]
    return html_page(
        title,
        ASSETS / "boards.html",
        data=[{"classes": board["classes"]} for board in boards],
        script=(ASSETS / "page.js").read_text(encoding="utf-8"),
        style=(ASSETS / "page.css").read_text(encoding="utf-8"),
        preamble=PREAMBLE,
        benchmarks=dict.fromkeys(table.benchmark for table in tables),
        boards=boards,
    )


def _board(table: Table) -> dict[str, Any]:
    """What the template shows of a table."""
    notes = Notes()
    rows = [_row(table, row, notes) for row in table.rows]
    figure = draw_table(table)
    ours = [row.measured for row in table.rows if row.measured]
    runs = {record.name: record for one in ours for _, record in one.runs}
    measured = [one for one in ours if one.ap_per_class]
    names = dict.fromkeys(name for one in measured for name in one.ap_per_class)
    return dict(
        table=table,
        titles=table_header(table),
        rows=rows,
        notes=notes.texts,
        figure=html_figure(figure, SEEDS_SHOWN) if figure else "",
        matrix=_matrix(table.differences),
        measured=measured,
        # of each method a list over thresholds, null where it has none
        classes={
            name: [_rounded(one.ap_per_class.get(name)) for one in measured] for name in names
        },
        run_titles=("method", "fold", "seed", "device", table.main_metric, *RUN_TITLES),
        runs=[_run(table, record) for record in runs.values()],
        runs_title=counted(len(runs), "run"),
    )


def _rounded(values: Sequence[float] | None) -> list[float] | None:
    return None if values is None else [round(value, 4) for value in values]


def _row(table: Table, row: TableRow, notes: Notes) -> dict[str, Any]:
    return dict(
        kind="published" if row.published else "ours" if row.measured else "missing",
        method=row.method,
        source=source_name(row),
        sources=notes.numbers(sources(row)),
        seeds=len(row.measured.seeds) if row.measured else 0,
        count=num_seeds(row),
        missing=notes.numbers(row.missing),
        figures=[_figure(row.values(name)) for name in table.columns],
        best=_figure(best(row, table.main_metric)),
    )


def _figure(values: Sequence[float]) -> tuple[str, str, str]:
    """What it is sorted by, text, and deviation."""
    text, _, spread = in_percent(values).partition(" ± ")
    return f"{mean_and_deviation(values)[0]:.6f}" if values else "", text, spread


def _matrix(differences: Sequence[Difference]) -> dict[str, list[dict[str, Any]]]:
    """Row minus column, in points."""
    pairs = {(one.first, one.second): (one, 1) for one in differences}
    pairs |= {(one.second, one.first): (one, -1) for one in differences}
    names = dict.fromkeys(name for one in differences for name in (one.first, one.second))
    return {
        first: [_difference(*pairs.get((first, second), (None, 1))) for second in names]
        for first in names
    }


def _difference(one: Difference | None, sign: int) -> dict[str, Any]:
    if one is None:
        return dict(kind="same", text="", lines=[])
    lines = []
    if one.interval is not None and one.p_value is not None:
        low, high = sorted(100 * sign * end for end in one.interval)
        lines.append(f"{low:+.2f} to {high:+.2f}, p {one.p_value:.3f}")
    if one.seed_bound is not None:
        lines.append(f"seeds ± {100 * one.seed_bound:.2f}")
    kind = "unclear" if not one.is_clear else "better" if sign * one.value > 0 else "worse"
    return dict(kind=kind, text=f"{100 * sign * one.value:+.2f}", lines=[*lines, *one.unknown])


def _run(table: Table, record: Record) -> list[tuple[Any, str | None]]:
    """What a record says of its making: text, and what it is sorted by."""
    commit = str(record.git.get("commit", EMPTY))[:SHORT]
    commit += " and changes" if record.git.get("dirty") else ""
    figure = record.scores[table.protocol]["metrics"].get(table.main_metric)
    numbers = [
        (None if figure is None else 100 * figure, 2),
        (record.seconds.get("train"), 0),
        (record.seconds.get("test"), 1),
        (record.peak_memory.get("ram_mib"), 0),
        (record.peak_memory.get("gpu_mib"), 0),
    ]
    start = (record.method, record.fold or EMPTY, record.seed, record.device)
    end = (commit, record.config_sha256[:SHORT], record.finished[:16].replace("T", " "))
    return [
        *((text, None) for text in start),
        *(
            (EMPTY, "") if value is None else (f"{value:.{decimals}f}", f"{value:.6g}")
            for value, decimals in numbers
        ),
        *((text, None) for text in end),
    ]


WIDTH = 8.5
NAMES = 3.3
ROW = 0.26


def draw_table(table: Table) -> Figure | None:
    """Rows as in the table, but for empty ones; None: no seed of ours to be shown."""
    metric = table.main_metric
    rows = [row for row in table.rows if row.values(metric)]
    if not any(row.measured for row in rows):
        return None
    height = len(rows) * ROW
    sheet = Sheet(width=WIDTH)
    axes = sheet.axes(NAMES, 0.1, WIDTH - NAMES - 0.2, height)
    for place, row in enumerate(rows):
        values = [100 * value for value in row.values(metric)]
        if row.published:
            axes.axvline(values[0], color=MISS, linewidth=0.7, linestyle=(0, (3, 2)), alpha=0.6)
            axes.plot(values, [place], "D", color=MISS, markersize=5)
        else:
            mean = mean_and_deviation(values)[0]
            axes.plot([mean, mean], [place - 0.34, place + 0.34], color=HIT, linewidth=2)
            axes.plot(values, [place] * len(values), "o", color=HIT, alpha=0.55, markersize=5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [_name(row) for row in rows], fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"{metric}, %", fontsize=9)
    axes.tick_params(axis="x", labelsize=8)
    axes.margins(x=0.06)
    axes.grid(axis="x", color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return sheet.finish(height + 0.55)


def _name(row: TableRow) -> str:
    how = row.published.kind if row.published else row.measured.how if row.measured else ""
    text = f"{row.method} ({how})" if how else row.method
    return plain(shorten(text, 9, NAMES - 0.2))
