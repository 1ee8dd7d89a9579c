"""Say a warning once, and at the end how often it came."""

import contextlib
import functools
import json
import sys
import tempfile
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from mmtal.utils.wording import counted

if sys.platform != "win32":  # whose loaders' processes are no forks, and count by themselves
    import fcntl

MOST = 500
"""Different warnings that are counted; more of them are each said."""


@functools.cache
def _file() -> IO[bytes]:
    return tempfile.TemporaryFile(buffering=0)  # what other processes write is seen


@contextlib.contextmanager
def _counts() -> Iterator[dict[str, int]]:
    """How often each warning came, in this process and those forked from it."""
    file = _file()
    _lock(file)
    try:
        file.seek(0)
        counts: dict[str, int] = json.loads(file.read() or b"{}")
        yield counts
        file.seek(0)
        file.write(json.dumps(counts).encode())
        file.truncate()
    finally:
        _lock(file, free=True)


def _lock(file: IO[bytes], *, free: bool = False) -> None:
    if sys.platform != "win32":
        fcntl.lockf(file, fcntl.LOCK_UN if free else fcntl.LOCK_EX)


def is_new(text: str) -> bool:
    """Whether a warning has not been said yet; it counts from now on."""
    with _counts() as counts:
        if text in counts or len(counts) < MOST:
            counts[text] = counts.get(text, 0) + 1
        return counts.get(text, 1) == 1


def say_repeats() -> None:
    """Print how often warnings came that were said once, to standard error; then start from 0."""
    with _counts() as counts:
        for text, count in counts.items():
            if count > 1:
                short = textwrap.shorten(text, 80, placeholder=" ...")
                sys.stderr.write(f"{counted(count - 1, 'more time')}: {short}\n")
        counts.update(dict.fromkeys(counts, 1))


@contextlib.contextmanager
def warnings_once() -> Iterator[None]:
    """Show each of Python's warnings as a line, once, and at the end how often it came."""
    with _counts():
        pass  # the file is there for all processes that are forked from here
    with warnings.catch_warnings():
        warnings.simplefilter("always", append=True)  # what is counted, Python must not hide
        warnings.showwarning = _show  # type: ignore[assignment]  # a plain function
        try:
            yield
        finally:
            say_repeats()


def _show(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any
) -> None:
    place = "" if "mmtal" in Path(filename).parts else f" ({Path(filename).name}:{lineno})"
    if is_new(text := f"{message}{place}"):
        sys.stderr.write(f"warning: {text}\n")
