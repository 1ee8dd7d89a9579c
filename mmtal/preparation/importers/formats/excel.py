"""Excel workbooks with the rows of a table; they are read as tables."""

import csv
import io

from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.formats import csv_table
from mmtal.preparation.importers.writing import to_table


def write(database: Database) -> bytes:
    """A workbook of one sheet. ValueError: the library that writes it is not installed."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise ValueError("pip install 'mmtal[excel]' to write Excel workbooks") from error
    data = io.BytesIO()
    workbook = xlsxwriter.Workbook(data, {"in_memory": True})
    sheet = workbook.add_worksheet("annotations")
    header, *rows = csv.reader(io.StringIO(to_table(database, ",")))
    numbers = {"start", "end", "event_time", "label_id", "recording_duration", "fps", "score"}
    for row, fields in enumerate([header, *rows]):
        for column, text in enumerate(fields):
            if row and text and header[column] in numbers:
                sheet.write_number(row, column, float(text))
            else:
                sheet.write_string(row, column, text)
    sheet.freeze_panes(1, 0)
    workbook.close()
    return data.getvalue()


FORMAT = Format(
    "excel", "Excel workbook: a table", lambda probe: False, csv_table.read,
    write=write, ending=".xlsx", takes=csv_table.FORMAT.takes,
)  # fmt: skip
