"""Numbers in words, and tables of text, for messages and pictures."""

from collections import Counter
from collections.abc import Iterable, Sequence


def counted(number: int, noun: str) -> str:
    """(1, 'recording') -> '1 recording', (2, 'class') -> '2 classes', (1200, 'x') -> '1,200 xs'."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{number:,} {noun if number == 1 else plural}"


def first_of(names: Sequence[str], number: int = 5) -> str:
    """The first names, and how many more there are: ``'a', 'b' and 3 more``."""
    more = f" and {len(names) - number:,} more" if len(names) > number else ""
    return ", ".join(f"'{name}'" for name in names[:number]) + more


def repeated(names: Iterable[str]) -> list[str]:
    """The names that come more than once, each once, in the order of their first coming."""
    return [name for name, number in Counter(names).items() if number > 1]


def duration(seconds: float) -> str:
    """Such as ``45 s``, ``12 min``, ``3.5 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def text_table(rows: Sequence[Sequence[str]], *, words: int = 1) -> str:
    """A table for a terminal, its head first; but for ``words`` columns, all are of numbers."""
    from terminaltables import AsciiTable

    table = AsciiTable(rows)
    table.justify_columns = dict.fromkeys(range(words, len(rows[0])), "right")
    return str(table.table)
