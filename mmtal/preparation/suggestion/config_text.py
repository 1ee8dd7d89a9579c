"""A complete config as Python text, each choice with its reason."""

import os
import textwrap
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from mmtal.preparation.suggestion.data_summary import DataSummary
from mmtal.preparation.suggestion.rules import Settings
from mmtal.version import __version__

WIDTH = 100
TEMPLATE = "config.jinja"


def config_text(summary: DataSummary, settings: Settings, *, name: str) -> str:
    """The config of an ActionFormer with these settings, ready for ``mmtal train``.

    ``name`` is what the data set is called in the first line.
    """
    seconds = summary.lengths.sum() * summary.grid.feature_stride / summary.grid.fps
    opening = (
        f"ActionFormer for {name}, suggested by mmtal {__version__} (mmtal data suggest) from "
        f"{len(summary.lengths)} training recordings of {seconds / 3600:.1f} hours with "
        f"{len(summary.durations)} instances of {len(summary.classes)} classes. Change what you "
        "like: docs/config_anatomy.md explains every part."
    )
    files = [summary.ann_file, *summary.features]
    root = Path(os.path.commonpath([os.path.abspath(path.parent) for path in files]))
    folders = [os.path.relpath(folder, root) for folder in summary.features]
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("assets")),
        autoescape=False,  # noqa: S701 - Python, not HTML
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(comment=comment, number=number, literal=repr, short="{:g}".format)
    return templates.get_template(TEMPLATE).render(
        opening=opening,
        data=summary,
        s=settings,
        why=settings.why,
        root=str(root),
        ann_file=os.path.relpath(summary.ann_file, root),
        features=folders[0] if len(folders) == 1 else folders,
    )


def explanation(settings: Settings) -> str:
    """What was chosen and why, for a terminal."""
    return "\n".join(
        textwrap.fill(f"{name}: {reason}", WIDTH, subsequent_indent="    ")
        for name, reason in settings.why.items()
    )


def comment(text: str, indent: int = 0) -> str:
    """Text as comment lines."""
    start = " " * indent + "# "
    lines = textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=start)
    return "".join(f"{line}\n" for line in lines)


def number(value: float) -> str:
    """4.0 -> '4', 29.97 -> '29.97'."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
