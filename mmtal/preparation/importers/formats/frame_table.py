"""Tables with a row for each frame and a column of 0 and 1 for each class.

SimBA's ``targets_inserted`` (behind pose and features), DeepEthogram's, BORIS's binary table.
"""

import re
from collections.abc import Sequence
from itertools import groupby

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.columns import role_of
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.formats.csv_table import FILES
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import Table, read_table
from mmtal.preparation.importers.times import to_number
from mmtal.preparation.importers.values import file_stem

YES, NO, NOT_LABELED = ("1", "1.0"), ("0", "0.0"), ("-1", "-1.0")
VALUES = {*YES, *NO, *NOT_LABELED}
TIMES = ("time", "time (s)", "time_s", "timestamp", "seconds")
FRAMES = ("", "frame", "frames", "frame_number", "index", "unnamed: 0")


def matches(probe: Probe) -> bool:
    """Whether the last column is of such values, and the first counts frames or tells the time."""
    header = probe.header
    last = [re.split(r"[,;\t]", line.strip())[-1].strip('"') for line in probe.lines[1:]]
    return (
        len(header) > 1
        and header[0].lower() in (*FRAMES, *TIMES)
        and not {role_of(name)[0] for name in header} & {"start", "label"}
        and bool(last)
        and VALUES.issuperset(last)
        and header[-1] != ""
    )


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read a table, a recording named after its file; neighboring frames of a class are one.

    ValueError: the frame rate is not known, or no column is of a class.
    """
    path = source.path
    table = read_table(path, collected)
    rate, first = _rate(table, options)
    names = _classes(table, options)
    collected.note(f"{path}: classes are the columns {', '.join(names)}")
    recording = collected.recording(
        file_stem(path),
        where=str(path),
        subset=source.subset,
        duration=round(first + len(table.rows) / rate, 9),
        fps=rate,
        once=True,
    )
    unlabeled = [any(row.values[name] in NOT_LABELED for name in names) for row in table.rows]
    collected.drop("frame that is not labeled (-1)", sum(unlabeled))
    background = {name.lower() for name in options.background}
    for name in names:
        place = 0
        for value, run in groupby(row.values[name] in YES for row in table.rows):
            end = place + len(list(run))
            where = f"{table.rows[place].where}, column '{name}'"
            if value and name.lower() in background:
                collected.drop("background")
            elif value:
                start, stop = (round(first + k / rate, 9) for k in (place, end))
                collected.add(recording, start, stop, name, where=where)
            place = end


def _classes(table: Table, options: ImportOptions) -> Sequence[str]:
    """The last columns that hold nothing but 0 and 1, or those of them that are wanted."""
    binary: list[str] = []
    for name in reversed(table.header[1:]):
        if not VALUES.issuperset({row.values[name] for row in table.rows}):
            break
        binary.insert(0, name)
    if not binary or not table.rows:
        raise ValueError(
            f"{table.path}: the last column must be of a class, 0 or 1 in each frame, but "
            f"'{table.header[-1]}' is not"
        )
    return options.choose(binary, what="class", where=str(table.path)) if options.labels else binary


def _rate(table: Table, options: ImportOptions) -> tuple[float, float]:
    """Frames per second, and the time of the first frame in seconds."""
    column = table.header[0]
    if options.fps is not None or column.lower() not in TIMES or len(table.rows) < 2:
        if options.fps is None:
            raise ValueError(f"{table.path}: labels of frames need the frame rate: give --fps")
        return options.fps, 0.0
    times = [to_number(row.values[column]) for row in table.rows]
    step = (times[-1] - times[0]) / (len(times) - 1)
    if step <= 0 or any(abs(time - times[0] - k * step) > step / 2 for k, time in enumerate(times)):
        raise ValueError(
            f"{table.path}: the times of column '{column}' are not regular: give --fps"
        )
    return round(1 / step, 6), times[0]


FORMAT = Format("frame-table", "0 or 1 for each frame and class", matches, read, FILES)
