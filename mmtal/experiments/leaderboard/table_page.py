"""Tables of a leaderboard as one page that needs nothing else."""

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmtal.experiments.leaderboard.difference import Difference
from mmtal.experiments.leaderboard.measured import Measured
from mmtal.experiments.leaderboard.student_t import mean_and_deviation
from mmtal.experiments.leaderboard.table import Table, TableRow
from mmtal.experiments.leaderboard.table_figure import SEEDS_SHOWN, draw_table
from mmtal.experiments.leaderboard.table_text import (
    EMPTY,
    PREAMBLE,
    column_title,
    remarks,
    source_name,
)
from mmtal.utils.wording import counted
from mmtal.visualization.html_page import html_figure, html_page

ASSETS = Path(__file__).parent / "assets"
SHORT = 8
"""Digits of hashes that are shown."""


def leaderboard_page(tables: Sequence[Table], *, title: str = "Leaderboard") -> str:
    """The page; its tables sort by a click or by the keyboard.

    Args:
        tables: From :func:`mmtal.experiments.leaderboard.table.build_tables`.
        title: Heading.
    """
    body = [f'<p class="note">{html.escape(PREAMBLE)}</p>', _filters(tables)]
    body += [_section(table, number) for number, table in enumerate(tables)]
    return html_page(
        title,
        "\n".join(body),
        data=[_class_data(table) for table in tables],
        script=(ASSETS / "page.js").read_text(encoding="utf-8"),
        style=(ASSETS / "page.css").read_text(encoding="utf-8"),
    )


def _filters(tables: Sequence[Table]) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="benchmark" value="{html.escape(name)}" checked>'
        f"{html.escape(name)}</label>"
        for name in dict.fromkeys(table.benchmark for table in tables)
    )
    return (
        f'<fieldset id="filters"><legend>Show</legend>{boxes}'
        '<button type="button" id="all">all</button><button type="button" id="no">none</button>'
        '<label><input type="checkbox" id="show-published" checked>published figures</label>'
        '</fieldset><p id="none" class="note" hidden>No benchmark is chosen.</p>'
    )


def _section(table: Table, number: int) -> str:
    notes: list[str] = []
    rows = "".join(_row(table, row, notes, number) for row in table.rows)
    titles = ["method", "from", "seeds", *map(column_title, table.columns)]
    titles.append(f"best {table.main_metric}")
    parts = [
        f'<section class="board" data-benchmark="{html.escape(table.benchmark)}">',
        f"<h2>{html.escape(table.title)}</h2>",
        _scroll(_table("board sortable", titles, rows), f"figures of {table.title}"),
        _notes(notes, number),
    ]
    figure = draw_table(table)
    if figure:
        parts.append(html_figure(figure, SEEDS_SHOWN))
    if table.differences:
        parts.append(_matrix(table))
    if _class_data(table)["classes"]:
        parts.append(_classes(table, number))
    if any(row.measured for row in table.rows):
        parts.append(_runs(table))
    return "\n".join([*parts, "</section>"])


def _scroll(content: str, label: str) -> str:
    """Wide tables scroll by themselves; who has no pointer can reach them with the keyboard."""
    name = html.escape(label)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">{content}</div>'


def _table(kind: str, titles: Sequence[str], rows: str) -> str:
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in titles)
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _row(table: Table, row: TableRow, notes: list[str], number: int) -> str:
    sources, missing = remarks(row)
    kind = "published" if row.published else "ours" if row.measured else "missing"
    seeds = len(row.measured.seeds) if row.measured else 0
    count = EMPTY if row.published and not missing else str(seeds)
    cells = [
        f"<td>{html.escape(row.method)}</td>",
        f"<td>{html.escape(source_name(row))}{_marks(sources, notes, number)}</td>",
        f'<td data-value="{seeds}">{count}{_marks(missing, notes, number)}</td>',
    ]
    for name in table.columns:
        values = row.values(name)
        main = ' class="main"' if name == table.main_metric else ""
        if not values:
            cells.append(f'<td data-value=""{main}>{EMPTY}</td>')
            continue
        mean, deviation = mean_and_deviation(values)
        spread = "" if deviation is None else f"<small>± {100 * deviation:.2f}</small>"
        cells.append(f'<td data-value="{mean:.6f}"{main}>{100 * mean:.2f}{spread}</td>')
    own = row.values(table.main_metric) if row.measured else ()
    best = f'"{max(own):.6f}">{100 * max(own):.2f}' if len(own) > 1 else f'"">{EMPTY}'
    return f'<tr class="{kind}">{"".join(cells)}<td data-value={best}</td></tr>'


def _marks(texts: Sequence[str], notes: list[str], number: int) -> str:
    notes += [text for text in dict.fromkeys(texts) if text not in notes]
    places = sorted({notes.index(text) + 1 for text in texts})
    links = " ".join(f'<a href="#note-{number}-{place}">{place}</a>' for place in places)
    return f"<sup> {links}</sup>" if links else ""


def _notes(notes: Sequence[str], number: int) -> str:
    items = "".join(
        f'<li id="note-{number}-{place}">{_linked(text)}</li>'
        for place, text in enumerate(notes, start=1)
    )
    return f'<ol class="notes">{items}</ol>' if items else ""


def _linked(text: str) -> str:
    """Escaped, addresses as links."""
    return re.sub(r"https://[^\s,;<]+", r'<a href="\g<0>">\g<0></a>', html.escape(text))


def _matrix(table: Table) -> str:
    """Row minus column, in points."""
    names = list(
        dict.fromkeys(name for one in table.differences for name in (one.first, one.second))
    )
    pairs = {(one.first, one.second): (one, 1) for one in table.differences}
    pairs |= {(one.second, one.first): (one, -1) for one in table.differences}
    rows = "".join(
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(_matrix_cell(*pairs.get((first, second), (None, 1))) for second in names)
        + "</tr>"
        for first in names
    )
    note = (
        f"Row minus column in {table.main_metric}, points; below it the 95 % interval of a paired "
        f"bootstrap over {table.differences[0].num_recordings} recordings and p, then what seeds "
        "alone may make. Colored: beyond both kinds of noise (blue: the row is better). p is not "
        "corrected for the number of pairs."
    )
    content = _scroll(_table("matrix", ["", *names], rows), f"differences of {table.title}")
    return f'<h3>Differences</h3><p class="note">{html.escape(note)}</p>{content}'


def _matrix_cell(one: Difference | None, sign: int) -> str:
    if one is None:
        return '<td class="same"></td>'
    kind = "unclear" if not one.is_clear else "better" if sign * one.value > 0 else "worse"
    lines = []
    if one.interval is not None and one.p_value is not None:
        low, high = sorted(100 * sign * end for end in one.interval)
        lines.append(f"{low:+.2f} to {high:+.2f}, p {one.p_value:.3f}")
    if one.seed_bound is not None:
        lines.append(f"seeds ± {100 * one.seed_bound:.2f}")
    lines += one.unknown
    small = "".join(f"<small>{html.escape(line)}</small>" for line in lines)
    return f'<td class="{kind}">{100 * sign * one.value:+.2f}{small}</td>'


def _with_classes(table: Table) -> list[Measured]:
    return [row.measured for row in table.rows if row.measured and row.measured.ap_per_class]


def _class_data(table: Table) -> dict[str, Any]:
    """AP of each class: of each method a list over thresholds, null where it has none."""
    measured = _with_classes(table)
    names = dict.fromkeys(name for one in measured for name in one.ap_per_class)
    classes = {}
    for name in names:
        parts = [one.ap_per_class.get(name) for one in measured]
        classes[name] = [None if ap is None else [round(v, 4) for v in ap] for ap in parts]
    return {"classes": classes}


def _classes(table: Table, number: int) -> str:
    measured = _with_classes(table)
    names = _class_data(table)["classes"]
    options = '<option value="">average</option>' + "".join(
        f'<option value="{place}">{threshold:.2f}</option>'
        for place, threshold in enumerate(measured[0].tiou_thresholds)
    )
    rows = "".join(
        f'<tr data-name="{html.escape(name)}"><td>{html.escape(name)}</td>'
        + '<td data-value=""></td>' * len(measured)
        + "</tr>"
        for name in names
    )
    content = _table("sortable", ["class", *(one.method for one in measured)], rows)
    return (
        f'<details class="classes" data-table="{number}"><summary>AP of {len(names)} classes, mean '
        f"over seeds</summary><label>tIoU <select>{options}</select></label>"
        f"{_scroll(content, f'classes of {table.title}')}</details>"
    )


def _runs(table: Table) -> str:
    """What each record says of its making."""
    runs = {
        record.name: record for row in table.rows if row.measured for _, record in row.measured.runs
    }
    rows = []
    for record in runs.values():
        commit = str(record.git.get("commit", EMPTY))[:SHORT]
        commit += " and changes" if record.git.get("dirty") else ""
        figure = record.scores[table.protocol]["metrics"].get(table.main_metric)
        memory = record.peak_memory
        numbers = [
            ("" if figure is None else 100 * figure, 2),
            (record.seconds.get("train", ""), 0),
            (record.seconds.get("test", ""), 1),
            (memory.get("ram_mib", ""), 0),
            (memory.get("gpu_mib", ""), 0),
        ]
        start = [record.method, record.fold or EMPTY, record.seed, record.device]
        end = [commit, record.config_sha256[:SHORT], record.finished[:16].replace("T", " ")]
        rows.append(
            "<tr>"
            + "".join(f"<td>{html.escape(str(text))}</td>" for text in start)
            + "".join(_number(*number) for number in numbers)
            + "".join(f"<td>{html.escape(text)}</td>" for text in end)
            + "</tr>"
        )
    titles = ["method", "fold", "seed", "device", table.main_metric, "train, s", "test, s"]
    titles += ["RAM, MiB", "GPU, MiB", "commit", "config", "finished (UTC)"]
    content = _scroll(_table("sortable", titles, "".join(rows)), f"runs of {table.title}")
    return f"<details><summary>{counted(len(rows), 'run')}</summary>{content}</details>"


def _number(value: float | str, decimals: int) -> str:
    if isinstance(value, str):
        return f'<td data-value="">{EMPTY}</td>'
    return f'<td data-value="{value:.6g}">{value:.{decimals}f}</td>'
