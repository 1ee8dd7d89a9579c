"""Progress of long work on the terminal."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

QUIET_SECONDS = 2.0
"""A progress line appears only when the work takes longer."""


def progress(items: Iterable[Item], total: int, *, text: str) -> Iterator[Item]:
    """Pass items on and count them on one line of stderr, ``<text>: 12/200``.

    Args:
        items: What is worked on.
        total: How many there are.
        text: What is being done, such as ``checking features``.
    """
    started = shown = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - started > QUIET_SECONDS and (now - shown > 0.5 or done == total):
            shown = now
            end = "\n" if done == total else ""
            print(f"\r{text}: {done}/{total}", end=end, file=sys.stderr, flush=True)
