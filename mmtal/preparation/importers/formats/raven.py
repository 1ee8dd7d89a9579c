"""Raven's selection tables: ``Selection``, ``View``, ``Begin Time (s)``, ``End Time (s)``, ..."""

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import Table, read_table
from mmtal.preparation.importers.times import to_number
from mmtal.preparation.importers.values import file_stem, media_name

START, END = "Begin Time (s)", "End Time (s)"
LABELS = (
    "annotation",
    "label",
    "species",
    "class",
    "type",
    "call type",
    "behavior",
    "species code",
)
MEASURED = (
    "Selection",
    "View",
    "Channel",
    "Begin ",
    "End ",
    "File Offset",
    "Low Freq",
    "High Freq",
)
"""What columns begin with that Raven fills itself; so do names with a unit in parentheses."""


def matches(probe: Probe) -> bool:
    """Whether it has Raven's names of columns."""
    return {"Selection", START, END} <= {*probe.header}


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read a table; a recording is the ``Begin File``, else it is named after the table.

    A selection stands in it once for each view. ValueError: which column has the labels is not
    clear.
    """
    path = source.path
    table = read_table(path, collected)
    label = _label_column(table, options)
    numbers = [name for name in (START, END, "File Offset (s)") if name in table.header]
    table.read_decimal_commas(numbers, collected)
    seen: set[tuple[str, ...]] = set()
    for row in table.rows:
        values = row.values
        with collected.at(row.where):
            start, end = to_number(values[START]), to_number(values[END])
            name = file_stem(path, ".selections", ".Table.1", ".Table_1")
            if values.get("Begin File"):
                name = media_name(values["Begin File"])
                length = end - start
                start = to_number(values.get("File Offset (s)") or values[START])
                end = round(start + length, 9)
            key = (name, values["Selection"], values[START], values[END], values[label])
            if key in seen:
                collected.drop("same selection in another view")
                continue
            seen.add(key)
            recording = collected.recording(
                name,
                where=row.where,
                subset=source.subset,
                group=values.get(options.group_column or "") or None,
            )
            collected.add(recording, start, end, values[label], where=row.where, point=start == end)


def _label_column(table: Table, options: ImportOptions) -> str:
    given = options.columns.get("label")
    own = [n for n in table.header if not (n.startswith(MEASURED) or n.endswith((")", "File")))]
    if given is not None:
        own = [name for name in table.header if name == given]
    usual = [name for name in own if name.lower() in LABELS]
    chosen = usual if len(usual) == 1 else own
    if len(chosen) != 1:
        raise ValueError(
            f"{table.path}: which column has the labels? Give --columns label=NAME; there is "
            + (", ".join(own or table.header) or "none")
        )
    return chosen[0]


FORMAT = Format(
    "raven",
    "Raven selection table",
    matches,
    read,
    ("*.txt", "*.tsv", "*.csv"),
    takes=("columns.label",),
)
