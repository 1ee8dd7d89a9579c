"""One mark for each seed and each published figure."""

from pathlib import Path

import pytest

from mmtal.experiments.leaderboard.measured import read_runs
from mmtal.experiments.leaderboard.record import write_record
from mmtal.experiments.leaderboard.table import build_tables
from mmtal.experiments.leaderboard.table_page import draw_table
from tests.made_records import made_record, published_figure


def test_dots_bars_and_lines(tmp_path: Path) -> None:
    for seed, value in enumerate((0.4, 0.5)):
        write_record(tmp_path, made_record("A $x$", seed, map_=value))
    (table,) = build_tables(
        read_runs([tmp_path]), [published_figure(), published_figure("no average", metrics={})]
    )
    figure = draw_table(table)
    assert figure
    _, axes = figure.axes  # the paper of the sheet, and the dots upon it
    marked = {
        line.get_marker(): list(line.get_xdata()) for line in axes.lines if len(line.get_xdata())
    }
    assert marked["o"] == pytest.approx([40, 50])
    assert marked["D"] == [50]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["P, F (published)", r"A \$x\$"]


def test_nothing_of_ours() -> None:
    (table,) = build_tables([], [published_figure()])
    assert draw_table(table) is None
