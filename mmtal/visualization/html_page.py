"""Write self-contained HTML pages."""

import html
import io
import json
import re
from typing import Any

from matplotlib.figure import Figure

STYLE = """
:root { color-scheme: light; --ink: #1b1b1b; --soft: #666; --line: #ddd; --accent: #0072B2; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff;
  max-width: 1200px; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p.note, figcaption { color: var(--soft); max-width: 75ch; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1rem 0; } figure svg, figure img { max-width: 100%; height: auto; }
a { color: var(--accent); }
"""


def html_page(
    title: str,
    body: str,
    *,
    data: Any = None,
    script: str = "",
    style: str = "",
    plays_media: bool = False,
) -> str:
    """A whole HTML document.

    The page's own policy forbids every request, so it shows the same everywhere; with
    ``plays_media`` it may play videos and audio that lie beside it or that its reader chooses.

    Args:
        title: Plain text, shown as heading too.
        body: HTML below the heading.
        data: JSON-able; ``script`` finds it as the constant ``DATA``.
        script: JavaScript, run after the body was read.
        style: CSS beside the common one.
        plays_media: See above.
    """
    # "<" must not end the script element; JSON strings may hold it as an escape.
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    constants = "" if data is None else f"const DATA = {text};"
    safe = html.escape(title)
    media = "; media-src 'self' file: blob:" if plays_media else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';
 img-src data:{media}">
<title>{safe}</title>
<style>{STYLE}{style}</style>
</head>
<body>
<h1>{safe}</h1>
{body}
<script>{constants}
{script}</script>
</body>
</html>
"""


def html_table(header: list[str], rows: list[list[str]]) -> str:
    """A table of plain texts."""

    def row(cells: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    return f"<table><thead>{row(header, 'th')}</thead><tbody>{body}</tbody></table>"


def html_figure(figure: Figure, caption: str = "") -> str:
    """A Matplotlib figure as an inline SVG with its caption (plain text)."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    note = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{svg}{note}</figure>"
