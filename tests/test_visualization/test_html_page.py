"""Pages without a network."""

from matplotlib.figure import Figure

from mmtal.visualization.html_page import html_figure, html_page, html_table


def test_names_from_outside_are_text() -> None:
    name = "</script><script>alert(1)</script>"
    page = html_page(name, html_table([name], [[name]]), data={"name": name}, script="DATA.name;")
    assert page.count("</script>") == 1 and "<script>alert" not in page


def test_nothing_comes_from_elsewhere() -> None:
    figure = Figure()
    figure.subplots().plot([0, 1])
    page = html_page("a", html_figure(figure, "a < b"))
    assert "default-src 'none'" in page and "a &lt; b" in page and "<svg" in page
    assert 'src="http' not in page and "<link" not in page
