"""Read and write the content of results files, packed or not."""

import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmtal.checkpoints.plain_pickle import parse_plain_pickle
from mmtal.preparation.importers.tables import read_header
from mmtal.utils.files import whole_file
from mmtal.utils.reading import (
    decode_text,
    file_exists,
    open_zip,
    parse_json,
    read_file,
    unpack_gzip,
)

ZIP, PICKLE = b"PK\x03\x04", b"\x80"
"""The first bytes of such files, whatever their names."""
WORKBOOK_PART = b"[Content_Types].xml"
"""The name of a file in every Excel workbook."""
GAMES = "results_spotting.json"
"""Of which there is one for each game."""


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

    A folder or an archive of SoccerNet's ``results_spotting.json`` gives the list of them.
    A path may also lead into a zip archive, such as a pack of runs: ``pack.zip/run.json.gz``. Of an
    Excel workbook only the names of the columns are read.
    ValueError: it is empty or damaged, or none of JSON, pickle and text; it is a pickle that holds
    more than arrays and plain values (nothing in it is run).
    """
    path = Path(path)
    if path.is_dir() and (files := sorted(path.rglob(GAMES))):
        return FileContent(path, json=[_parsed(file, read_file(file)) for file in files])
    if not file_exists(path):
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise FileNotFoundError(f"{path} {what}")
    data = unpack_gzip(path, read_file(path))
    if data.startswith(ZIP) and path.is_file() and WORKBOOK_PART in data:
        return FileContent(path, lines=("\t".join(read_header(path)),))
    if data.startswith(ZIP):
        data, several = _unzipped(path, data)
        if several:
            return FileContent(path, json=several)
    if data.startswith(PICKLE):
        return FileContent(path, pickle=parse_plain_pickle(path, data))
    text = decode_text(path, data, problem="is neither JSON nor text nor a pickle")
    if not text.strip():
        raise ValueError(f"{path} is empty")
    if text.lstrip()[:1] not in ("{", "["):
        return FileContent(path, lines=tuple(text.splitlines()))
    return FileContent(path, json=parse_json(path, text))


def write_content(
    path: str | Path, text: str | Iterable[str] | Mapping[str, str], *, member: str
) -> None:
    """Write text whole or not at all, packed as the name says: ``.gz``, ``.zip``, or not at all.

    Equal text makes equal bytes, so that a file that is committed changes only with its content.
    In a zip archive the file is called ``member``. ``text`` may come in parts, however long in all,
    or be several files of an archive by name.
    """
    ending, files = Path(path).suffix, text if isinstance(text, Mapping) else None
    parts = files.values() if files else (text,) if isinstance(text, str) else text
    with whole_file(path) as temporary:
        if ending == ".zip":
            with zipfile.ZipFile(temporary, "w") as archive:
                for name, part in (files or {member: "".join(parts)}).items():
                    # An entry without a time of its own has a fixed one.
                    entry = zipfile.ZipInfo(name)
                    archive.writestr(entry, part, compress_type=zipfile.ZIP_DEFLATED)
            return
        # 31 bits of window: gzip's format, without a time.
        pack = zlib.compressobj(9, wbits=31) if ending == ".gz" else None
        with temporary.open("wb") as file:
            for part in parts:
                file.write(pack.compress(part.encode()) if pack else part.encode())
            file.write(pack.flush() if pack else b"")


def _parsed(path: Path, data: bytes) -> Any:
    return parse_json(path, decode_text(path, data, problem="is no JSON"))


def _unzipped(path: Path, data: bytes) -> tuple[bytes, list[Any]]:
    """The one file in a zip archive, or the content of all files of SoccerNet's games."""
    with open_zip(path, data) as archive:
        games = [name for name in archive.namelist() if name.endswith(GAMES)]
        if games:
            return b"", [_parsed(path / name, archive.read(name)) for name in games]
        names = [name for name in archive.namelist() if name.endswith((".json", ".txt"))]
        if len(names) != 1:
            raise ValueError(
                f"{path} must hold one .json or .txt file, but holds "
                f"{', '.join(archive.namelist()[:5])}"
            )
        return archive.read(names[0]), []
