"""Tables of numbers in text files: features, or the samples of sensors.

N rows.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmtal.utils.reading import decode_text, unpack_gzip
from mmtal.utils.wording import repeated

DELIMITERS = (",", "\t", ";", "|", " ")
PREAMBLE = 50
"""Lines among which the first row of numbers is looked for."""
MISSING = dict.fromkeys(("", "na", "n/a", "none", "null", "-", "?"), "nan")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\S+)?|\d+:\d\d(:\d\d([.,]\d+)?)?")
"""A date with a time, or a time of day."""
UNIT = re.compile(
    r"s|sec|[mµun]s|m?g|[ck]?m/s(\^?2|²)?|(deg|°|rad)/s|dps|deg|°|[mµun]?[TV]|n\.u\.|-|"
)


def read_number_table(path: Path, wanted: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The columns (N,) of a table in a text file, with or without a line of names and one of units.

    The delimiter, decimal commas and lines before the names are found. Columns are float64 with NaN
    for what is missing, or texts of moments in time; without names ``channel_0`` and so on. With
    ``wanted``, only those columns are read.

    Raises:
        ValueError: It is no such table: the line and what is wrong with it are named.
    """
    data = unpack_gzip(path, path.read_bytes())
    try:
        lines = decode_text(path, data).splitlines()
    except ValueError:
        lines = data.decode("cp1252", errors="replace").splitlines()
    first, delimiter = _first_row(path, lines)
    end = delimiter if lines[first - 1 if first else 0].endswith(delimiter) else None
    width = len(_fields(lines[first], delimiter, end))
    heads = [_fields(line, delimiter, end) for line in lines[max(first - 2, 0) : first]]
    heads = [head for head in heads if len(head) == width]
    names = heads.pop() if heads else [f"channel_{index}" for index in range(width)]
    if heads and all(UNIT.fullmatch(name.strip("[]()")) for name in names):
        pairs = zip(heads[0], (name.strip("[]()") for name in names), strict=True)
        names = [f"{name} [{unit}]" if unit else name for name, unit in pairs]
    if twice := repeated(filter(None, names)):
        raise ValueError(f"{path}: the column '{twice[0]}' occurs twice")
    rows, places = [], []
    for place, line in enumerate(lines[first:], start=first + 1):
        if line.strip():
            fields = _fields(line, delimiter, end)
            if len(fields) != width:
                raise ValueError(
                    f"{path}, line {place}: must have {width} fields, as the rows before it, but "
                    f"has {len(fields)}"
                )
            rows.append(fields)
            places.append(place)
    cells = zip(names, zip(*rows, strict=True), strict=True)
    return {
        name: _column(path, name, column, places)
        for name, column in cells
        if not wanted or name in wanted
    }


def is_number_table(path: Path) -> bool:
    """Whether a text file begins as a table: with rows of numbers and of moments in time."""
    with path.open("rb") as file:
        start = file.read(1 << 14)
    lines = start.decode("utf-8", errors="replace").splitlines()
    return any(_numbers_in(lines[k : k + 2]) for k in range(min(PREAMBLE, len(lines) - 1)))


def _numbers_in(lines: Sequence[str]) -> bool:
    """Whether lines are rows of numbers with one of the delimiters."""
    return any(all(_is_row(_fields(line, mark), 1.0) for line in lines) for mark in DELIMITERS)


def _fields(line: str, delimiter: str, end: str | None = None) -> list[str]:
    if end and line.endswith(end):  # some end each line with one
        line = line[: -len(end)]
    if delimiter == " ":
        return line.split()
    quoted = '"' in line
    fields = next(csv.reader([line], delimiter=delimiter)) if quoted else line.split(delimiter)
    return [field.strip() for field in fields]


def _first_row(path: Path, lines: Sequence[str]) -> tuple[int, str]:
    """The first line of numbers, and the delimiter that splits it most."""
    for share in (1.0, 0.3):  # some have a column of texts
        for index, line in enumerate(lines[:PREAMBLE]):
            following = [other for other in lines[index + 1 : index + 2] if other.strip()]
            found = {
                delimiter: len(_fields(line, delimiter))
                for delimiter in DELIMITERS
                if all(_is_row(_fields(other, delimiter), share) for other in (line, *following))
            }
            if found:
                return index, max(found, key=lambda delimiter: found[delimiter])
    raise ValueError(
        f"{path}: must be a table of numbers, a row for each feature or sample, but its first "
        f"{min(PREAMBLE, len(lines))} lines hold no such row"
    )


def _is_row(fields: Sequence[str], share: float) -> bool:
    """Whether it has numbers and, besides them, moments and what is missing: this share of it."""
    numbers = sum(map(_is_number, fields))
    others = (field.lower() in MISSING or MOMENT.fullmatch(field) for field in fields)
    return numbers > 0 and numbers + sum(map(bool, others)) >= share * len(fields)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ".", 1))
    except ValueError:
        return False
    return True


def _column(path: Path, name: str, cells: Sequence[str], places: Sequence[int]) -> np.ndarray:
    try:
        return np.array(list(map(float, cells)))
    except ValueError:
        texts = [MISSING.get(cell.lower(), cell) for cell in cells]
    if any(map(MOMENT.fullmatch, texts[:1])):
        return np.array(texts, dtype=object)
    for row, text in enumerate(texts):
        if not _is_number(text):
            raise ValueError(
                f"{path}, line {places[row]}: column '{name}' must hold numbers, but has "
                f"{text!r:.60}: leave the column out, "
                "empty what is missing, or list 'channels: [...]' in tables.yaml beside it"
            )
    return np.array([float(text.replace(",", ".", 1)) for text in texts])
