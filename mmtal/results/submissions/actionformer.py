"""``eval_results.pkl`` of the official ActionFormer and of what is built on it, such as TriDet.

A pickled dict of columns: ``video-id`` (list), ``t-start``, ``t-end``, ``label`` and ``score``
(arrays). Labels are the ``label_id`` of the annotation JSON. On ActivityNet the file is written
before the external classifier names the segments, so that every label is 0. The benchmarks of
inertial sensors (Bock et al., IMWUT 2024) write the same columns as a table, ``v_seg_*.csv``.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mmtal.results.submissions.file_content import FileContent
from mmtal.results.submissions.raw_detections import RawDetections

COLUMNS = ("video-id", "t-start", "t-end", "label", "score")


def matches(content: FileContent) -> bool:
    """Whether it is a pickled dict, or a table with these columns."""
    header = content.lines[0].split(",") if content.lines else []
    return isinstance(content.pickle, dict) or set(COLUMNS) <= {name.strip('"') for name in header}


def read(content: FileContent, raw: RawDetections) -> None:
    """Add the rows of the columns.

    ValueError: a column is missing, or of another length or type than the others.
    """
    rows = _rows_of_table(content) if content.lines else _rows_of_pickle(content)
    raw.is_from_0 = not content.lines  # the release alone writes such pickles
    for number, (video, start, end, label, score) in enumerate(rows):
        raw.add(str(video), (start, end), label, score, f"row {number}")


def _rows_of_pickle(content: FileContent) -> Iterator[tuple[Any, ...]]:
    columns = {name: _column(content, name) for name in COLUMNS}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{content.path}: the columns must be equally long, but got {lengths}")
    return zip(*columns.values(), strict=True)


def _column(content: FileContent, name: str) -> Sequence[Any]:
    column = content.pickle.get(name)
    if isinstance(column, np.ndarray) and column.ndim == 1:
        return column.tolist()
    if isinstance(column, list):
        return column
    raise ValueError(
        f"{content.path}: a pickle of results must hold the columns {', '.join(COLUMNS)}, but "
        f"'{name}' is {'missing' if column is None else f'a {type(column).__name__}'}"
    )


def _rows_of_table(content: FileContent) -> Iterator[tuple[Any, ...]]:
    for row in csv.DictReader(content.lines):
        # What is no number stays text, for a message that shows it; so does the name of a class.
        times_and_score = (_number(row[name]) for name in ("t-start", "t-end", "score"))
        start, end, score = times_and_score
        label = row["label"]
        is_number = label is not None and label.isdecimal()
        yield row["video-id"], start, end, int(label) if is_number else label, score


def _number(text: str | None) -> float | str | None:
    try:
        return float(text or "")
    except ValueError:
        return text
