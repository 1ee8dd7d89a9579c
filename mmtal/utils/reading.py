"""Read files that others wrote: whatever is wrong with one is an error that names it.

Decoders raise dozens of kinds of errors on damaged and hostile files, few of which name the file;
:func:`reading` is around all of them. What unpacks is bounded, and so are nesting and repetition.
"""

import gzip
import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MAX_EXPANSION = 100, 1 << 28
"""What is packed to less than 1 % and then takes 256 MB is not data but an attack."""

MAX_DEPTH = 100
"""Objects within objects: far more than any format has, far less than breaks what looks at them."""

GZIP = b"\x1f\x8b"
"""The first bytes of such a file, whatever its name."""

Pairs = list[tuple[str, Any]]


@contextmanager
def reading(path: str | Path, problem: str, *, advice: str = "") -> Iterator[None]:
    """Whatever a decoder raises in this block becomes a ``ValueError`` that names the file.

    ``problem`` is what an error means, such as ``is not JSON``, ``advice`` a sentence that says how
    to fix it. Errors that name the file already pass as they are.
    """
    try:
        yield
    except NameError:
        raise  # a mistake of ours
    except Exception as error:
        named = isinstance(error, ValueError | OSError) and str(path) in str(error)
        if named or isinstance(error, FileNotFoundError):
            raise
        end = f". {advice}" if advice else ""
        raise ValueError(f"{path} {problem}: {_reason(error)}{end}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, KeyError):
        return f"it lacks {error}"[:200]
    text = " ".join(str(error).split())
    if not text or isinstance(error, TypeError | AttributeError | LookupError | AssertionError):
        text = f"{type(error).__name__} {text}".rstrip()
    return text[:300]


def read_file(path: str | Path) -> bytes:
    """Read a file, which may lie in a zip archive: ``runs.zip/name.json``.

    FileNotFoundError: there is no such file. ValueError: the archive is damaged.
    """
    path = Path(path)
    if not _is_archive(path.parent):
        return path.read_bytes()
    with open_zip(path.parent) as archive:
        if path.name not in archive.namelist():
            raise FileNotFoundError(f"{path} does not exist")
        return archive.read(path.name)


def file_exists(path: str | Path) -> bool:
    """Whether there is a file, also in a zip archive; ValueError: the archive is damaged."""
    path = Path(path)
    if not _is_archive(path.parent):
        return path.is_file()
    with open_zip(path.parent) as archive:
        return path.name in archive.namelist()


def _is_archive(path: Path) -> bool:
    return path.suffix == ".zip" and path.is_file()


@contextmanager
def open_zip(
    path: str | Path,
    data: bytes | None = None,
    *,
    problem: str = "is packed, but cannot be unpacked",
    advice: str = "",
) -> Iterator[zipfile.ZipFile]:
    """A zip archive, perhaps read to ``data``, whose members are of a reasonable size all together.

    :func:`reading` is around the block. ValueError: it is damaged, encrypted or packed in an
    unknown way, here or in the block.
    """
    with (
        reading(path, problem, advice=advice),
        zipfile.ZipFile(path if data is None else io.BytesIO(data)) as archive,
    ):
        packed = Path(path).stat().st_size if data is None else len(data)
        check_expansion(packed, sum(info.file_size for info in archive.infolist()))
        yield archive


def unpack_gzip(path: str | Path, data: bytes) -> bytes:
    """The content of a gzipped file; what is not gzipped is returned as it is.

    ValueError: it is damaged, or becomes far too large.
    """
    if not data.startswith(GZIP):
        return data
    parts, size = [], 0
    with reading(path, "is packed, but cannot be unpacked"):
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while part := file.read(1 << 20):
                parts.append(part)
                size += len(part)
                check_expansion(len(data), size)
        return b"".join(parts)


def check_expansion(packed: int, size: int) -> None:
    """Refuse what is packed far beyond what data are.

    Args:
        packed: Bytes of the file.
        size: Bytes that it becomes.

    Raises:
        ValueError: They are too many.
    """
    ratio, floor = MAX_EXPANSION
    if size > max(floor, ratio * packed):
        raise ValueError(
            f"its {packed:,} bytes would become {size:,} or more: unpack it first, if you trust it"
        )


def decode_text(path: str | Path, data: bytes, *, problem: str = "is not text in UTF-8") -> str:
    """Text in UTF-8 or, with its mark, UTF-16; without that mark. ValueError: it is neither."""
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    with reading(path, problem):
        return data.decode("utf-16" if utf16 else "utf-8-sig")


def read_json(path: str | Path, *, pairs: Callable[[Pairs], Any] | None = None) -> Any:
    """Read a JSON file, which may be gzipped or lie in a zip archive; see :func:`parse_json`."""
    text = decode_text(path, unpack_gzip(path, read_file(path)))
    return parse_json(path, text, pairs=pairs)


def parse_json(path: str | Path, text: str, *, pairs: Callable[[Pairs], Any] | None = None) -> Any:
    """The value of a JSON text, of a bounded depth; whole numbers beyond 64 bits become floats.

    ``pairs`` makes an object of names and values; None: a dict, and repeated names are errors.
    ValueError: it is not JSON.
    """
    with reading(path, "is not JSON"):
        value = json.loads(
            text, parse_int=_whole_number, object_pairs_hook=pairs or _without_repeats
        )
        check_tree(value, len(text))
        if re.search(r"\\u[dD][89a-fA-F]", text):  # half a character cannot be printed or written
            json.dumps(value, ensure_ascii=False).encode()
        return value


def _whole_number(text: str) -> int | float:
    if len(text) > 20:
        return float(text)
    value = int(text)
    return value if -(1 << 63) <= value < 1 << 63 else float(value)


def _without_repeats(pairs: Pairs) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(
            f"'{repeated:.100}' occurs more than once in an object, and JSON keeps only the last: "
            "join the two or take one out"
        )
    return found


def check_tree(value: Any, size: int) -> None:
    """Refuse what is nested too deep, holds itself, or repeats its parts beyond reason.

    ``value`` is made of dicts, lists and tuples, from a file of ``size`` bytes. ValueError: it is
    such a value.
    """
    level: list[Any] = [value] if isinstance(value, dict | list | tuple) else []
    for _ in range(MAX_DEPTH):
        if sum(map(len, level)) > max(100_000, 10 * size):
            raise ValueError("it repeats its parts too often")
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list, tuple))
        ]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels, or holds itself")


def is_number(value: Any) -> bool:
    """Whether it is a finite number, and no bool."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False
