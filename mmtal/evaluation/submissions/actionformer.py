"""``eval_results.pkl`` of the official ActionFormer and of what is built on it, such as TriDet.

A pickled dict of columns: ``video-id`` (list), ``t-start``, ``t-end``, ``label`` and ``score``
(arrays). Labels are the ``label_id`` of the annotation JSON. On ActivityNet the file is written
before the external classifier names the segments, so that every label is 0.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmtal.evaluation.submissions.file_content import FileContent
from mmtal.evaluation.submissions.raw_detections import RawDetections

COLUMNS = ("video-id", "t-start", "t-end", "label", "score")


def matches(content: FileContent) -> bool:
    """Whether it is a pickled dict."""
    return isinstance(content.pickle, dict)


def read(content: FileContent, raw: RawDetections) -> None:
    """Add the rows of the columns.

    Raises:
        ValueError: A column is missing, or of another length or type than the others.
    """
    columns = {name: _column(content, name) for name in COLUMNS}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{content.path}: the columns must be equally long, but got {lengths}")
    rows = zip(*columns.values(), strict=True)
    for number, (video, start, end, label, score) in enumerate(rows):
        raw.add(str(video), (start, end), label, score, f"row {number}")


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
