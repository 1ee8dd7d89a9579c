"""Render tables as text for a terminal, and as Markdown."""

from collections.abc import Mapping, Sequence

from mmtal.experiments.leaderboard.difference import EMPTY, Difference, in_percent
from mmtal.experiments.leaderboard.table import Table, TableRow
from mmtal.utils.wording import counted, text_table

PREAMBLE = (
    "Figures in percent: mean and standard deviation over the seeds. Published figures are as "
    "their sources state them. Figures under different protocols cannot be compared."
)
SEEDS_SHOWN = "Dots: seeds; bars: their means; diamonds and dashed lines: published figures."
"""Caption of a table's picture."""


def column_title(metric: str) -> str:
    """``mAP@0.30`` -> ``@0.30``, the rest as it is; the average is called so."""
    if metric.startswith("mAP@"):
        return metric.removeprefix("mAP")
    return {"mAP": "avg mAP", "mAP_N": "avg mAP_N"}.get(metric, metric)


def best(row: TableRow, metric: str) -> list[float]:
    """Of several seeds; nothing for published figures."""
    values = row.values(metric)
    return [max(values)] if row.measured and len(values) > 1 else []


class Notes:
    """Remarks by number; equal ones have one number."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def numbers(self, texts: Sequence[str]) -> list[int]:
        """Of these remarks, ascending."""
        self.texts += [text for text in dict.fromkeys(texts) if text not in self.texts]
        return sorted(self.texts.index(text) + 1 for text in set(texts))

    def mark(self, texts: Sequence[str]) -> str:
        """`` [1, 3]``; empty without remarks."""
        numbers = self.numbers(texts)
        return f" [{', '.join(map(str, numbers))}]" if numbers else ""


def sources(row: TableRow) -> list[str]:
    """What is to be said of where a published figure is from."""
    if row.published is None:
        return []
    found = f"{row.published.source}, {row.published.url}"
    return [found, row.published.note] if row.published.note else [found]


def source_name(row: TableRow) -> str:
    """Who says so, and what became of folds."""
    if row.published:
        return row.published.kind
    return (row.measured.how if row.measured else "") or "here"


def num_seeds(row: TableRow) -> int | str:
    """Seeds run here; of a published figure 0 where there should be some."""
    if row.published and not row.missing:
        return EMPTY
    return len(row.measured.seeds) if row.measured else 0


def table_header(table: Table) -> list[str]:
    """Titles of the columns."""
    titles = map(column_title, table.columns)
    return ["method", "from", "seeds", *titles, f"best {table.main_metric}"]


def table_cells(table: Table, *, spread: bool) -> tuple[list[str], list[list[str]], list[str]]:
    """Header, rows and notes; ``spread``: deviations in all columns, not only in averages."""
    notes = Notes()
    rows = []
    for row in table.rows:
        source = source_name(row) + notes.mark(sources(row))
        start = [row.method, source, f"{num_seeds(row)}{notes.mark(row.missing)}"]
        figures = [
            in_percent(row.values(name), spread=spread or "@" not in name) for name in table.columns
        ]
        rows.append([*start, *figures, in_percent(best(row, table.main_metric))])
    return table_header(table), rows, notes.texts


DIFFERENCE_HEADER = ["first - second", "difference", "95 % interval", "p", "seed noise", "first is"]


def difference_cells(difference: Difference) -> list[str]:
    """One row of the table of differences, in points of percent."""
    interval, bound = difference.interval, difference.seed_bound
    return [
        f"{difference.first} - {difference.second}",
        f"{100 * difference.value:+.2f}",
        EMPTY if interval is None else f"{100 * interval[0]:+.2f} to {100 * interval[1]:+.2f}",
        EMPTY if difference.p_value is None else f"{difference.p_value:.3f}",
        EMPTY if bound is None else f"± {100 * bound:.2f}",
        difference.verdict,
    ]


def terminal_text(tables: Sequence[Table]) -> str:
    """All tables for a terminal."""
    parts = [PREAMBLE]
    for table in tables:
        header, rows, notes = table_cells(table, spread=False)
        parts.append(f"\n{table.title}\n{text_table([header, *rows], words=2)}")
        parts += [f"[{number}] {note}" for number, note in enumerate(notes, start=1)]
        if table.differences:
            cells = [difference_cells(difference) for difference in table.differences]
            parts.append(
                f"\n{differences_title(table)}\n{text_table([DIFFERENCE_HEADER, *cells], words=2)}"
            )
    return "\n".join(parts)


def differences_title(table: Table) -> str:
    """Above the table of differences."""
    number = table.differences[0].num_recordings
    return f"{table.title}: differences in {table.main_metric}, over {counted(number, 'recording')}"


def markdown_text(tables: Sequence[Table], pictures: Mapping[str, str] | None = None) -> str:
    """All tables as a Markdown document; ``pictures`` has paths by the tables' titles."""
    parts = ["# Leaderboard", "", PREAMBLE]
    for table in tables:
        header, rows, notes = table_cells(table, spread=True)
        parts += ["", f"## {table.title}", "", *_markdown(header, rows)]
        if notes:
            parts.append("")
            parts += [f"- [{number}] {_escape(note)}" for number, note in enumerate(notes, 1)]
        if pictures and table.title in pictures:
            parts += ["", f"![{SEEDS_SHOWN}]({pictures[table.title]})"]
        if table.differences:
            cells = [difference_cells(difference) for difference in table.differences]
            parts += ["", f"### {differences_title(table)}", ""]
            parts += _markdown(DIFFERENCE_HEADER, cells)
    return "\n".join(parts) + "\n"


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(map(_escape, header)) + " |"]
    lines.append("|---|---|" + "---:|" * (len(header) - 2))
    return lines + ["| " + " | ".join(map(_escape, row)) + " |" for row in rows]


def _escape(text: str) -> str:
    for character in "\\|*_`<":
        text = text.replace(character, f"\\{character}")
    return text
