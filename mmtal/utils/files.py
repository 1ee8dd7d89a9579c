"""Write files whole or not at all."""

import errno
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of a disk, a quota or a file that is full."""


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A temporary path to write to; it takes the place of ``path`` when the block ends well.

    The temporary file lies in the same folder, which is made, and ends as ``path`` does, for
    writers that choose the format by it. If the block raises, nothing is left behind and an
    older file stays as it was.

    Example:
        ``with whole_file("report.html") as temporary: temporary.write_text(page)``
    """
    path = Path(path)
    make_folder(path.parent)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.name[-30:])
    except OSError as error:
        raise _cannot_write(path, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and (error.errno in FULL or error.filename == name):
            raise _cannot_write(path, error) from error
        raise


def make_folder(path: str | Path) -> Path:
    """Make a folder, and those above it, unless it is there; OSError says why it cannot be made."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        file = next((part for part in (path, *path.parents) if part.is_file()), None)
        why = f"{file} is a file" if file else error.strerror
        raise type(error)(f"the folder {path} cannot be made: {why}") from error
    return path


def check_writable(path: str | Path) -> None:
    """Raise before long work what writing a file would raise after it.

    OSError: ``path`` is a folder, or its folder cannot be made or written to.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file to write")
    make_folder(path.parent)
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> OSError:
    """The error of the temporary file, said of the file that was asked for."""
    return type(error)(f"cannot write {path}: {error.strerror}")


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_json(path: str | Path, content: Any, *, indent: int | None = None) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, json.dumps(content, indent=indent) + "\n")


def plain(value: Any) -> Any:
    """A value for JSON: no arrays, and None in place of NaN and infinity, which JSON lacks."""
    if hasattr(value, "tolist"):  # an array or number of NumPy or PyTorch
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
