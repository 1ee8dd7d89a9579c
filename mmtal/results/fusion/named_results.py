"""Read several results files with one numbering of labels."""

from collections.abc import Sequence
from pathlib import Path

from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions.formats import read_detections
from mmtal.results.submissions.official_list import read_class_numbers


def read_together(
    paths: Sequence[str | Path],
    classes: Sequence[str] | None = None,
    *,
    labels_count: bool = True,
    class_file: str | Path | None = None,
) -> tuple[list[InstanceTable], list[str]]:
    """Detections of several files in any format, and the names of their labels.

    Without ``classes``, the names that occur, sorted; with ``labels_count=False``, for proposals,
    labels may be anything and ``classes`` is not used. ``class_file`` names the numbers in the
    files. ValueError: a file cannot be read, holds a class that ``classes`` lacks, or its labels
    are numbers and ``classes`` is None.
    """
    files = [read_detections(path, class_file=class_file)[2] for path in paths]
    if not labels_count:
        labels = {row.label for f in files for rows in f.videos.values() for row in rows}
        classes = sorted(label for label in labels if isinstance(label, str))
    elif classes is None:
        names: set[str] = set()
        for path, file in zip(paths, files, strict=True):
            own = file.class_names()
            if own is None:
                raise ValueError(
                    f"{path}: labels are numbers, so their names are needed: give the annotation "
                    "file (--ann), or a file of class names (--classes)"
                )
            names.update(own)
        classes = sorted(names)
    tables = []
    for file in files:
        table = file.table(classes)
        file.problems.raise_if_any()
        tables.append(table)
    return tables, list(classes)


def read_names(path: Path) -> list[str]:
    """Names of classes by label, from a file of class names or an annotation JSON.

    Numbers that the file leaves out get the name ``class_<number>``, as in annotation files.
    ValueError: it names no class.
    """
    by_number = read_class_numbers(path)
    return [by_number.get(number, f"class_{number}") for number in range(max(by_number) + 1)]


def recordings_not_in_all(tables: Sequence[InstanceTable]) -> list[str]:
    """Names of the recordings that some of the tables lack, sorted.

    ValueError: no recording is in all of them.
    """
    lists = [set(table.video_ids) for table in tables]
    everywhere = lists[0].intersection(*lists)
    if not everywhere:
        examples = ", ".join(f"'{min(names)}'" if names else "none" for names in lists)
        raise ValueError(
            f"results must be of the same recordings, but none is in all files, which have such "
            f"as {examples}"
        )
    return sorted(lists[0].union(*lists) - everywhere)
