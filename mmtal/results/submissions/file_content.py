"""Read and write the content of results files, packed or not."""

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmtal.checkpoints.plain_pickle import load_plain_pickle
from mmtal.utils.files import file_exists, read_file, whole_file, write_text

GZIP, ZIP, PICKLE = b"\x1f\x8b", b"PK\x03\x04", b"\x80"
"""The first bytes of such files, whatever their names."""


@dataclass(frozen=True)
class FileContent:
    """A file as one of: a JSON value, a pickled value, or lines of text."""

    path: Path
    json: Any = None
    pickle: Any = None
    lines: tuple[str, ...] = ()

    @property
    def object(self) -> Mapping[str, Any]:
        """The JSON object; empty where the file holds anything else."""
        return self.json if isinstance(self.json, dict) else {}


def read_content(path: str | Path) -> FileContent:
    """Read a file that may be gzipped, or be the only .json or .txt file in a zip archive.

    A path may also lead into a zip archive, such as a pack of runs: ``pack.zip/run.json.gz``.
    ValueError: it is empty or damaged, or none of JSON, pickle and text; it is a pickle that holds
    more than arrays and plain values (nothing in it is run).
    """
    path = Path(path)
    if not file_exists(path):
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise FileNotFoundError(f"{path} {what}")
    data = _unpacked(path, read_file(path))
    if data.startswith(PICKLE):
        return FileContent(path, pickle=load_plain_pickle(path))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is neither JSON nor text nor a pickle: {error}") from error
    if not text.strip():
        raise ValueError(f"{path} is empty")
    if text.lstrip()[:1] not in ("{", "["):
        return FileContent(path, lines=tuple(text.splitlines()))
    try:
        return FileContent(path, json=json.loads(text, object_pairs_hook=_without_repeats))
    except _RepeatedError as error:
        raise ValueError(f"{path}: {error}") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from error


def write_content(path: str | Path, text: str, *, member: str) -> None:
    """Write text whole or not at all, packed as the name says: ``.gz``, ``.zip``, or not at all.

    Equal text makes equal bytes, so that a file that is committed changes only with its content.
    In a zip archive the file is called ``member``.
    """
    ending = Path(path).suffix
    if ending == ".gz":
        with whole_file(path) as temporary:
            temporary.write_bytes(gzip.compress(text.encode(), mtime=0))
    elif ending == ".zip":
        with whole_file(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            # An entry without a time of its own has a fixed one.
            archive.writestr(zipfile.ZipInfo(member), text, compress_type=zipfile.ZIP_DEFLATED)
    else:
        write_text(path, text)


class _RepeatedError(Exception):
    """A JSON object names something twice."""


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise _RepeatedError(
            f"'{repeated}' occurs more than once in an object, and JSON keeps only the last: join "
            "the two or take one out"
        )
    return found


def _unpacked(path: Path, data: bytes) -> bytes:
    try:
        if data.startswith(GZIP):
            return gzip.decompress(data)
        if data.startswith(ZIP):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = [name for name in archive.namelist() if name.endswith((".json", ".txt"))]
                if len(names) != 1:
                    raise ValueError(
                        f"{path} must hold one .json or .txt file, but holds "
                        f"{', '.join(archive.namelist()[:5])}"
                    )
                return archive.read(names[0])
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is packed, but damaged or cut short: {error}") from error
    return data
