"""Write self-contained HTML pages."""

import io
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from mmtal.visualization.layout import render

ASSETS = Path(__file__).parent / "assets"


def html_page(
    title: str,
    template: Path,
    *,
    data: Any = None,
    script: str = "",
    style: str = "",
    plays_media: bool = False,
    **values: Any,
) -> str:
    """A whole HTML document: ``template``, a Jinja file that shows ``values``, below a heading.

    The page's own policy forbids every request, so it shows the same everywhere; with
    ``plays_media`` it may play videos and audio that lie beside it or that its reader chooses.
    ``script`` is run after the body was read and finds ``data`` as the constant ``DATA``. Text is
    escaped.
    """
    pages = Environment(
        loader=FileSystemLoader([ASSETS, template.parent]), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip
    pages.policies["json.dumps_kwargs"] = dict(separators=(",", ":"))
    page = dict(data=data, script=script, style=style, plays_media=plays_media)
    return pages.get_template("page.html").render(
        title=title, template=template.name, **page, **values
    )


def html_figure(figure: Figure, caption: str = "") -> Markup:
    """A Matplotlib figure as an inline SVG with its caption (plain text)."""
    buffer = io.StringIO()
    render(figure, buffer, format="svg")
    svg = buffer.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    note = Markup("<figcaption>{}</figcaption>").format(caption) if caption else ""
    return Markup("<figure>{}{}</figure>").format(Markup(svg), note)  # noqa: S704 - our own
