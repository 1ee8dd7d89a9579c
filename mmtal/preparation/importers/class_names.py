"""Read files that number and name the classes."""

import re
from pathlib import Path

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.tables import read_table, read_text

NUMBERED = re.compile(r"[A-Za-z]?(\d+)[\s,;:]+(\S.*)")
NAME_COLUMNS = ("name", "label", "class", "key")


def read_class_names(path: Path) -> dict[int, str]:
    """Class names by label id.

    Lines are ``0 take``, ``c000 Holding some clothes``, or just names, numbered as they come; or it
    is a table with a column ``id`` and one of ``name``, ``label``, ``class`` and ``key``.
    ValueError: it is in none of these forms, or a number or name occurs twice.
    """
    if not path.is_file():
        raise FileNotFoundError(f"file of class names '{path}' does not exist")
    text = read_text(path)
    collected = Collected()
    table = read_table(path, collected)
    column = next((name for name in NAME_COLUMNS if name in table.header), None)
    if "id" in table.header and column is not None:
        collected.raise_errors()
        pairs = [(row.values["id"], row.values[column]) for row in table.rows]
    else:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        found = [NUMBERED.fullmatch(line) for line in lines]
        if all(found):
            pairs = [(match[1], match[2]) for match in found if match]
        else:
            pairs = [(str(number), line) for number, line in enumerate(lines)]
    if not pairs:
        raise ValueError(f"{path}: names no class")
    wrong = [number for number, _ in pairs if not re.fullmatch(r"\d{1,9}", number)]
    if wrong:
        raise ValueError(f"{path}: '{wrong[0]}' is no class number of at most nine digits")
    names = {int(number): name for number, name in pairs}
    if len(names) < len(pairs) or len(set(names.values())) < len(pairs):
        raise ValueError(f"{path}: a class number or a name occurs twice")
    return names
