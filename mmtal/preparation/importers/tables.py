"""Read tables in text files: CSV, TSV and their relatives."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mmtal.preparation.importers.collected import Collected

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}


@dataclass(frozen=True)
class Row:
    """A row of a table: the values by column, and ``<file>, line <number>``."""

    where: str
    values: dict[str, str]


def read_text(path: Path) -> str:
    """The text of a file, with any line ends and with or without a byte order mark.

    ValueError: it is not text in UTF-8 or (with its mark) UTF-16.
    """
    data = path.read_bytes()
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not text in UTF-8 ({error}); save it as UTF-8") from error
    if "\0" in text:
        raise ValueError(f"{path}: is not a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def header_of(text: str) -> tuple[list[str], str]:
    """The names of the columns and the delimiter: the one that splits the first line most.

    Excel's line ``sep=;`` before the header counts.
    """
    first, _, rest = text.partition("\n")
    mark = re.fullmatch(r'"?sep=(.)"?', first)
    if mark:
        return _split(rest.partition("\n")[0], mark[1]), mark[1]
    delimiter = max(DELIMITERS, key=lambda mark: len(_split(first, mark)))
    return _split(first, delimiter), delimiter


def read_rows(path: Path, collected: Collected) -> Iterator[Row]:
    """The rows of a table with a header; rows of another length become errors.

    ValueError: the file is no text, or a column occurs twice.
    """
    text = read_text(path)
    header, delimiter = header_of(text)
    require_different(header, where=str(path))
    first_row = 2 if re.match('"?sep=', text) else 1
    lines = (line + "\n" for line in text.split("\n"))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = 0
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            collected.error(f"{path}, line {reader.line_num}", f"{error}: check the quotes")
            return
        before, line = line, reader.line_num
        if before < first_row or not any(field.strip() for field in fields):
            continue
        where = f"{path}, line {before + 1}"
        if len(fields) != len(header):
            collected.error(where, _wrong_length(fields, header, delimiter))
        else:
            yield Row(where, dict(zip(header, (field.strip() for field in fields), strict=True)))


def require_different(header: list[str], *, where: str) -> None:
    """Refuse a name that two columns share; ValueError: there is one."""
    repeated = [name for name in header if header.count(name) > 1]
    if repeated:
        raise ValueError(f"{where}: the column '{repeated[0]}' occurs twice in the first line")


def _wrong_length(fields: list[str], header: list[str], delimiter: str) -> str:
    text = f"the row has {len(fields)} fields, but the first line names {len(header)} columns"
    comma = delimiter == "," and len(fields) > len(header)
    return text + (" (decimal commas, or a label with a comma and no quotes?)" if comma else "")


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return [line]
