"""The tables as text, as Markdown and as a page; the page's script runs in Chromium."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mmtal.experiments.leaderboard.measured import read_runs
from mmtal.experiments.leaderboard.record import write_record
from mmtal.experiments.leaderboard.table import Table, build_tables
from mmtal.experiments.leaderboard.table_page import leaderboard_page
from mmtal.experiments.leaderboard.table_text import column_title, markdown_text, terminal_text
from tests.made_records import made_record, published_figure, write_run


@pytest.fixture
def tables(tmp_path: Path) -> list[Table]:
    """Two methods with three seeds and matches, one published figure, one more benchmark."""
    for seed in range(3):
        write_run(tmp_path, "good", seed, 0.1)
        write_run(tmp_path, "bad <b>|", 10 + seed, 0.6)
    figure = published_figure(metrics={"mAP@0.30": 0.123, "mAP": 0.4567}, note="best | epoch")
    other = published_figure("Z", protocol="another/one", metrics={"mAP": 0.5})
    return build_tables(read_runs([tmp_path]), [figure, other])


def test_terminal(tables: list[Table]) -> None:
    text = terminal_text(tables)
    mean = [sum(row.values("mAP")) / 3 for row in tables[0].rows if row.measured]
    assert re.search(rf"\| good +\| here +\| +3 \|.*{100 * mean[0]:.2f} ± \d+\.\d\d", text)
    row = re.search(r"\| P, F .*", text)
    assert row and "published [1, 2]" in row[0] and "0 [3]" in row[0]
    assert "12.30" in row[0] and "45.67 |" in row[0] and row[0].count(" - |") >= 2
    assert "[1] a paper, https://x\n[2] best | epoch\n[3] not measured here" in text
    assert "made/up: differences in mAP, over 8 recordings" in text
    assert "good - bad <b>|" in text
    # With equal notes there is one number, and a table of its own starts anew.
    assert text.count("[1] a paper, https://x") == 2


def test_markdown(tables: list[Table]) -> None:
    text = markdown_text(tables)
    lines = text.splitlines()
    assert lines[0] == "# Leaderboard"
    widths = {re.sub(r"\\.", "", line).count("|") for line in lines if line.startswith("| ")}
    assert len(widths) == 3  # two tables of rows, one of differences: no cell breaks a line
    assert r"bad \<b>\|" in text and r"best \| epoch" in text
    assert "## made/up" in lines and "## another/one" in lines
    row = next(line for line in lines if line.startswith("| good |"))
    assert row.count("±") == 5  # with the deviation at every threshold, mAP and mAP_N


@pytest.mark.parametrize(
    ("metric", "title"),
    [("mAP@0.30", "@0.30"), ("mAP", "avg mAP"), ("mAP_N", "avg mAP_N"), ("AR@100", "AR@100")],
)
def test_titles(metric: str, title: str) -> None:
    assert column_title(metric) == title


def test_the_page_stands_alone_and_escapes(tables: list[Table]) -> None:
    page = leaderboard_page(tables)
    assert "bad &lt;b&gt;|" in page and "bad <b>" not in page
    assert "default-src 'none'" in page and not re.search(r"(src|href)=\"(?!#|https://x)", page)
    data = re.search(r"const DATA = (.*);\n", page)
    assert data
    classes = json.loads(data[1])[0]["classes"]
    assert set(classes) == {"run", "sit", "walk"}
    assert [len(ap) for ap in classes["run"]] == [3, 3]
    assert page.count("<svg") == 1  # nothing to be drawn of the published table
    assert len(page) < 150_000
    assert "<table" not in leaderboard_page([])


def test_one_seed_without_matches(tmp_path: Path) -> None:
    write_record(tmp_path, made_record("A", 0, map_=0.5))
    tables = build_tables(read_runs([tmp_path]), [])
    page = leaderboard_page(tables)
    assert "<h3>Differences</h3>" not in page and "50.00" in page and "±" not in page
    assert "| 50.00 | - |" in markdown_text(tables)


def test_each_run_says_how_it_was_made(tmp_path: Path) -> None:
    memory = dict(ram_mib=100.0, gpu_mib=20.0)
    for seed, git in enumerate([{}, dict(commit="abcdef0123", dirty=True)]):
        record = made_record("A", seed, map_=0.5, git=git, device="H<1", peak_memory=memory)
        write_record(tmp_path, record)
    page = leaderboard_page(build_tables(read_runs([tmp_path]), []))
    assert "<summary>2 runs</summary>" in page
    rows = re.findall(r"<tr><td>A</td><td>-</td>(.*?)</tr>", page)
    cells = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in rows]
    assert cells[0] == ["0", "H&lt;1", "50.00", "1", "1.0", "100", "20", "-", "config o",
                        "2026-01-01 00:00"]  # fmt: skip
    assert cells[1][7] == "abcdef01 and changes"


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return found or pytest.skip("the page is tested in Chromium: install it")


def dom_after(chromium: str, page: str, script: str, folder: Path) -> str:
    """The page's HTML after its own script and this one ran."""
    path = folder / "page.html"
    path.write_text(page.replace("</script>", f"\n{script}</script>"), encoding="utf-8")
    options = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
    options += " --disable-background-networking --disable-component-update --disable-sync"
    done = subprocess.run(
        [chromium, *options.split(), f"--user-data-dir={folder / 'profile'}",
         "--virtual-time-budget=2000", "--dump-dom", f"file://{path}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert 'data-ready="yes"' in done.stdout, done.stdout[-2000:] + done.stderr
    return done.stdout


def methods(dom: str) -> list[str]:
    body = re.search(r'<table class="board sortable">.*?<tbody>(.*?)</tbody>', dom, re.DOTALL)
    assert body
    return re.findall(r"<tr[^>]*><td>([^<]*)</td>", body[1])


@pytest.mark.slow
def test_sorting_filtering_and_classes(chromium: str, tables: list[Table], tmp_path: Path) -> None:
    page = leaderboard_page(tables)
    names = [row.method.replace("<b>", "&lt;b&gt;") for row in tables[0].rows]
    plain = dom_after(chromium, page, "", tmp_path)
    assert methods(plain) == names
    name = "document.querySelector('th button').click();"
    assert methods(dom_after(chromium, page, name, tmp_path)) == sorted(names, key=str.lower)
    assert methods(dom_after(chromium, page, name * 2, tmp_path)) == sorted(
        names, key=str.lower, reverse=True
    )
    # By best mAP, which published figures lack: they stay last in both directions.
    best = "[...document.querySelectorAll('table.board')][0].querySelector('th:last-child button')"
    assert methods(dom_after(chromium, page, f"{best}.click();", tmp_path))[-1] == "P, F"
    assert methods(dom_after(chromium, page, f"{best}.click();" * 2, tmp_path))[-1] == "P, F"

    def cells(dom: str) -> list[str]:
        row = re.search(r'<tr data-name="run">(.*?)</tr>', dom, re.DOTALL)
        assert row
        return re.findall(r"data-value=\"[^\"]*\"[^>]*>([^<]*)</td>", row[1])

    measured = [row.measured for row in tables[0].rows if row.measured]
    assert cells(plain) == [f"{100 * sum(m.ap_per_class['run']) / 3:.1f}" for m in measured]
    choose = (
        "const s = document.querySelector('.classes select'); s.value = '2';"
        "s.dispatchEvent(new Event('change'));"
    )
    assert cells(dom_after(chromium, page, choose, tmp_path)) == [
        f"{100 * m.ap_per_class['run'][2]:.1f}" for m in measured
    ]
    hidden = r'<section class="board" data-benchmark="another" hidden'
    assert not re.search(hidden, plain)
    off = "document.querySelector('input[value=another]').click();"
    assert re.search(hidden, dom_after(chromium, page, off, tmp_path))
    none = dom_after(chromium, page, "document.getElementById('no').click();", tmp_path)
    assert '<p id="none" class="note">' in none
