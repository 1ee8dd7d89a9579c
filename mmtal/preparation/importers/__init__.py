"""Import annotations of other formats."""

from mmtal.preparation.importers.class_names import read_class_names
from mmtal.preparation.importers.detection import (
    add_format,
    detect_format,
    find_format,
    known_formats,
)
from mmtal.preparation.importers.exporting import check_export, export_annotations
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.importing import Imported, import_annotations
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.splitting import fold_databases, split_database
from mmtal.preparation.importers.summary import (
    describe_subsets,
    format_split,
    format_summary,
)
from mmtal.preparation.importers.writing import write_annotations

__all__ = [
    "Format",
    "ImportOptions",
    "Imported",
    "Source",
    "add_format",
    "check_export",
    "describe_subsets",
    "detect_format",
    "export_annotations",
    "find_format",
    "fold_databases",
    "format_split",
    "format_summary",
    "import_annotations",
    "known_formats",
    "read_class_names",
    "split_database",
    "write_annotations",
]
