"""Pages without a network."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from mmtal.visualization.html_page import html_figure, html_page


def page_of(folder: Path, title: str, body: str, **values: Any) -> str:
    (folder / "body.html").write_text(body)
    return html_page(title, folder / "body.html", **values)


def test_names_from_outside_are_text(tmp_path: Path) -> None:
    name = "</script><script>alert(1)</script>"
    page = page_of(tmp_path, name, "<p>{{ x }}", x=name, data={"name": name}, script="DATA.name;")
    assert page.count("</script>") == 1 and "<script>alert" not in page


def test_nothing_comes_from_elsewhere(tmp_path: Path) -> None:
    figure = Figure()
    figure.subplots().plot([0, 1])
    page = page_of(tmp_path, "a", "{{ x }}", x=html_figure(figure, "a < b"))
    assert "default-src 'none'" in page and "a &lt; b" in page and "<svg" in page
    assert 'src="http' not in page and "<link" not in page
