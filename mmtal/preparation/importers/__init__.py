"""Import annotations of other formats."""

from mmtal.preparation.importers.class_names import read_class_names
from mmtal.preparation.importers.formats import FORMATS, detect_format
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
    "FORMATS",
    "ImportOptions",
    "Imported",
    "Source",
    "describe_subsets",
    "detect_format",
    "fold_databases",
    "format_split",
    "format_summary",
    "import_annotations",
    "read_class_names",
    "split_database",
    "write_annotations",
]
