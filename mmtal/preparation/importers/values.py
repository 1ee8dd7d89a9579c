"""Check values from files."""

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote


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
