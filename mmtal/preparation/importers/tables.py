"""Read tables: CSV, TSV and their relatives, and Excel workbooks."""

import csv
import datetime
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.columns import names_columns
from mmtal.utils.reading import unpack_gzip
from mmtal.utils.wording import repeated

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
PREAMBLE = 50
"""Lines among which the one that names the columns is looked for."""
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What Excel's files begin with, new and old."""
DECIMAL_COMMA = re.compile(r"([+-]?[\d:]*\d),(\d+)")


@dataclass(frozen=True)
class Row:
    """A row of a table: the values by column, and ``<file>, line <number>``."""

    where: str
    values: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A table in a file.

    Attributes:
        path: The file.
        header: Names of the columns.
        rows: All below the header that are as long as it.
        delimiter: Between two fields; empty in a workbook.
        above: The fields of the lines before the header.
    """

    path: Path
    header: list[str]
    rows: list[Row]
    delimiter: str
    above: list[list[str]]

    def read_decimal_commas(self, columns: Sequence[str], collected: Collected) -> None:
        """Write points for the decimal commas of these columns.

        A comma is decimal where it does not delimit and the column has no point anywhere.
        """
        for column in columns if self.delimiter != "," else ():
            cells = [row.values[column] for row in self.rows]
            if any(map(DECIMAL_COMMA.fullmatch, cells)) and not any("." in cell for cell in cells):
                collected.note(f"{self.path}: commas of column '{column}' are decimal")
                for row in self.rows:
                    row.values[column] = DECIMAL_COMMA.sub(r"\1.\2", row.values[column])


def read_text(path: Path) -> str:
    """The text of a file, which may be gzipped, with any line ends and without byte order mark.

    ValueError: it is not text in UTF-8, (with its mark) UTF-16 or Windows-1252.
    """
    return _decoded(path)[0]


def _decoded(path: Path) -> tuple[str, str]:
    """The text, and its encoding."""
    status = path.stat()
    return _read_text(path, (status.st_mtime_ns, status.st_size))


@functools.lru_cache(maxsize=4)  # formats are detected before they are read
def _read_text(path: Path, changed: tuple[int, int]) -> tuple[str, str]:
    del changed
    data = unpack_gzip(path, path.read_bytes())
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if utf16 else ["utf-8-sig", "cp1252"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n"), encoding
    raise ValueError(f"{path}: is not text in UTF-8, UTF-16 or Windows-1252")


def is_workbook(path: Path) -> bool:
    """Whether a file is one of Excel's, or at least packed as these are."""
    with path.open("rb") as file:
        return file.read(4) in WORKBOOKS


def read_header(path: Path, wanted: Sequence[str] = ()) -> list[str]:
    """The names of a table's columns; see ``read_table``."""
    return read_table(path, Collected(), wanted).header


def read_table(
    path: Path,
    collected: Collected,
    wanted: Sequence[str] = (),
    names: Sequence[str] | None = None,
) -> Table:
    """Read a table; rows of another length become errors.

    The line that names the columns may have others before it; Excel's ``sep=;`` counts.

    Args:
        path: The file.
        collected: Gets errors and notes.
        wanted: Names of columns that the line must have.
        names: Names of the columns of a table that has no such line.

    ImportError: it is a workbook, and the library that reads those is not installed.
    ValueError: the file is no table, or a column occurs twice.
    """
    if is_workbook(path):
        delimiter, lines = "", _sheet(path, collected)
    else:
        text, encoding = _decoded(path)
        if encoding == "cp1252":
            collected.note(
                f"{path}: is not in UTF-8, and was read as Windows-1252; save it as "
                "UTF-8 if its letters come out wrong"
            )
        delimiter, lines = _fields(path, text, wanted, collected)
    named = (n for n, (_, fields) in enumerate(lines[:PREAMBLE]) if names_columns(fields, wanted))
    found = next(named, None)
    first = found or 0
    header = [name.strip() for name in lines[first][1]] if lines else []
    while header and not header[-1]:
        header.pop()
    twice = repeated(header)
    if twice and found is not None:  # else it is a row, of a text without names
        raise ValueError(f"{path}: the column '{twice[0]}' occurs twice in the first line")
    if names is not None:
        header, first = list(names), -1
    if any(any(fields) for _, fields in lines[: max(first, 0)]):
        collected.note(f"{path}: what is before the names of the columns was not read")
    rows = []
    for where, line in lines[first + 1 :]:
        fields = [field.strip() for field in line]
        if not any(fields):
            continue
        if len(fields) < len(header) or any(fields[len(header) :]):
            collected.error(where, _wrong_length(fields, header, delimiter))
        else:
            rows.append(Row(where, dict(zip(header, fields, strict=False))))
    if not rows:
        collected.note(f"{path}: has no row below the names of its columns")
    above = [split_line(f[0], delimiter) if delimiter else f for _, f in lines[: max(first, 0)]]
    return Table(path, header, rows, delimiter, above)


def _fields(
    path: Path, text: str, wanted: Sequence[str], collected: Collected
) -> tuple[str, list[tuple[str, list[str]]]]:
    """The delimiter, and the lines with their fields."""
    lines = text.split("\n")
    mark = re.fullmatch(r'"?sep=(.)"?', lines[0])
    skipped = 1 if mark else 0
    heads = [line for line in lines[skipped : skipped + PREAMBLE] if line.strip()] or [""]
    head = next((line for line in heads if names_columns(widest(line)[1], wanted)), heads[0])
    delimiter = mark[1] if mark else widest(head)[0]
    before = lines.index(head) if head in lines else skipped
    found = [(f"{path}, line {n + 1}", [lines[n]]) for n in range(skipped, before)]
    reader = csv.reader((line + "\n" for line in lines[before:]), delimiter=delimiter, strict=True)
    line = before
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return delimiter, found
        except csv.Error as error:
            collected.error(
                f"{path}, line {before + reader.line_num}", f"{error}: check the quotes"
            )
            return delimiter, found
        found.append((f"{path}, line {line + 1}", fields))
        line = before + reader.line_num


def widest(line: str) -> tuple[str, list[str]]:
    """The delimiter that splits a line most, and the fields."""
    return max(
        ((mark, split_line(line, mark)) for mark in DELIMITERS), key=lambda item: len(item[1])
    )


def split_line(line: str, delimiter: str) -> list[str]:
    """The fields of a line; with quotes that do not close, the line."""
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return [line]


def _sheet(path: Path, collected: Collected) -> list[tuple[str, list[str]]]:
    """The rows of a workbook's first sheet that is not empty."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise ImportError(
            f"{path} is an Excel workbook: pip install 'mmtal[excel]' to read it, or save its "
            "sheet as CSV"
        ) from error
    try:
        workbook = CalamineWorkbook.from_path(path)
        sheets = {
            name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in workbook.sheet_names
        }
    except CalamineError as error:
        raise ValueError(f"{path}: cannot be read as an Excel workbook ({error})") from error
    filled = [name for name, rows in sheets.items() if any(map(any, rows))]
    if len(filled) > 1:
        collected.note(f"{path}: only sheet '{filled[0]}' was read, not {', '.join(filled[1:])}")
    rows = sheets[filled[0]] if filled else []
    return [(f"{path}, row {n}", list(map(_cell, row))) for n, row in enumerate(rows, start=1)]


def _cell(value: Any) -> str:
    """A cell of a workbook as a table in a text file has it."""
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:.15g}"
    if isinstance(value, datetime.datetime | datetime.time):
        return value.isoformat()
    return str(value.total_seconds() if isinstance(value, datetime.timedelta) else value)


def _wrong_length(fields: list[str], header: list[str], delimiter: str) -> str:
    text = f"the row has {len(fields)} fields, but the first line names {len(header)} columns"
    comma = delimiter == "," and len(fields) > len(header)
    return text + (" (decimal commas, or a label with a comma and no quotes?)" if comma else "")
