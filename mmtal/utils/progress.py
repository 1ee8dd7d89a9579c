"""Progress of long work."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")

QUIET_SECONDS = 2.0
"""Nothing is shown of work that takes less."""
PLAIN_SECONDS = 30.0
"""Between two lines where the output is no terminal."""


def progress(items: Iterable[Item], total: int, *, text: str) -> Iterator[Item]:
    """Yield items and count them on stderr, ``<text>: 12/200``.

    On a terminal that is one line with the time left, which disappears at the end; elsewhere it is
    a plain line now and then, and at the end.
    """
    started = shown = time.monotonic()
    with ExitStack() as stack:
        line = None
        for done, item in enumerate(items, start=1):
            yield item
            now = time.monotonic()
            if now - started < QUIET_SECONDS:
                continue
            if sys.stderr.isatty() or line:
                if line is None:
                    line = stack.enter_context(progress_line())
                    task = line.add_task(text, total=total)
                line.update(task, completed=done)
            elif done == total or now - shown > PLAIN_SECONDS:
                shown = now
                print(f"{text}: {done}/{total}", file=sys.stderr, flush=True)  # noqa: T201


def progress_line(done: str = "{task.completed}/{task.total}", **settings: Any) -> Progress:
    """One line for a terminal: ``<description> ━━━━ 12/200 0:01:30 left``.

    Whatever is printed meanwhile appears above it. ``done`` and ``settings`` are rich's.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    parts = (TextColumn("{task.description}"), BarColumn(24), TextColumn(done))
    settings = {"console": Console(stderr=True), "transient": True, **settings}
    return Progress(*parts, TimeRemainingColumn(), TextColumn("left"), **settings)
