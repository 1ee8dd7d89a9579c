"""Check values from files."""

from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from mmtal.utils import file_names

MEDIA_ENDINGS = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".wav", ".mp3", ".csv", ".txt")
"""Endings that names of recordings have where a tool names its files."""


def is_name(value: Any) -> bool:
    """Whether it is a text that is not empty."""
    return isinstance(value, str) and bool(value.strip())


def media_name(address: str) -> str:
    r"""The name of a recording from the path or address of its media file.

    Example:
        ``file:///C:/videos/clip%200.mp4`` and ``C:\videos\clip 0.mp4`` are ``clip 0``.
    """
    path = unquote(address.rsplit("?d=", 1)[-1].partition("?")[0]).replace("\\", "/")
    return PurePosixPath(path).stem


def file_stem(path: Path, *ends: str) -> str:
    """The name of a file without its ending, and without ``.gz`` and these ends before it.

    Percent-encoded characters are decoded where an export has written them.

    Example:
        ``sub-01_events.tsv`` with the end ``_events`` is ``sub-01``.
    """
    name = path.name.removesuffix(".gz")
    name = name.rpartition(".")[0] or name
    for end in ends:
        name = name.removesuffix(end) or name
    plain = unquote(name)
    return plain if file_names.file_stem(plain) == name else name


def plain_line(text: str) -> str:
    """A text without line ends and tabs, for formats in which these end it."""
    return " ".join(text.split())
