"""Draw one table: every seed a dot, published figures as lines."""

from matplotlib.figure import Figure

from mmtal.experiments.leaderboard.seed_statistics import mean_and_deviation
from mmtal.experiments.leaderboard.table import Table, TableRow
from mmtal.visualization.colors import HIT, MISS
from mmtal.visualization.layout import Sheet, plain, shorten

SEEDS_SHOWN = "Dots: seeds; bars: their means; diamonds and dashed lines: published figures."
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
