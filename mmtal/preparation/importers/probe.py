"""Read enough of a file or folder to detect its format."""

import functools
from collections.abc import Collection
from pathlib import Path
from typing import Any

from mmtal.preparation.importers.tables import (
    is_workbook,
    read_header,
    read_text,
    split_line,
    widest,
)
from mmtal.utils import reading

HEAD = 50
"""Lines that a format is recognized by."""


def read_json(path: Path) -> Any:
    """The content of a JSON file; ValueError: it is not JSON."""
    return _read_json(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)  # the probe reads the file first, then the reader
def _read_json(path: Path, changed: int) -> Any:
    del changed
    return reading.read_json(path)


class Probe:
    """What the content of a file, or of a folder's first files, looks like."""

    def __init__(self, path: Path, aside: Collection[Path] = ()) -> None:
        self.path, self.aside = path, aside

    @functools.cached_property
    def json(self) -> Any:
        """Content of a JSON file, else None."""
        if self.path.is_dir() or self._start[:1] not in ("{", "["):
            return None
        return read_json(self.path)

    @functools.cached_property
    def header(self) -> list[str]:
        """Names of the columns, if this is a table; else the first line."""
        return [] if self.path.is_dir() or self.json is not None else read_header(self.path)

    @functools.cached_property
    def rows(self) -> list[list[str]]:
        """The fields of the first lines below the names of the columns, if this is a table."""
        for number, line in enumerate(self.lines):
            mark, fields = widest(line)
            if [name for name in fields if name] == [name for name in self.header if name]:
                return [split_line(text, mark) for text in self.lines[number + 1 :]]
        return []

    @functools.cached_property
    def lines(self) -> list[str]:
        """The first lines that are not empty; of a folder, those of its first text file."""
        text = self.text
        if self.path.is_dir():
            files = text_files(self.path, self.aside)
            text = read_text(files[0]) if files else ""
        return [line for line in text.split("\n")[: 2 * HEAD] if line.strip()][:HEAD]

    @functools.cached_property
    def text(self) -> str:
        """The text of a file; empty for a folder and for a workbook."""
        return "" if self.path.is_dir() or is_workbook(self.path) else read_text(self.path)

    @property
    def _start(self) -> str:
        return self.text[:200].lstrip()


def text_files(folder: Path, aside: Collection[Path] = ()) -> list[Path]:
    """The ``.txt`` files of a folder, or of its ``groundTruth/``, without lists of classes.

    Nor those ``aside``, which hold something else.
    """
    inner = folder / "groundTruth"
    names = ("mapping.txt", "class_list.txt", "classes.txt", "readme.txt", "license.txt")
    files = sorted((inner if inner.is_dir() else folder).glob("*.txt"))
    files = [file for file in files if file.name.lower() not in names]
    return [file for file in files if file.resolve() not in aside] if aside else files
