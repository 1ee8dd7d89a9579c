"""Tables with a row for each frame, and a column of 0 and 1 for each class, or columns of labels.

The former are SimBA's ``targets_inserted`` (behind pose and features), DeepEthogram's labels and
BORIS's binary table, the latter those of the Solomon Coder, with the time in the first column.
"""

from collections.abc import Sequence
from itertools import groupby

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.columns import role_of
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.formats import event_log
from mmtal.preparation.importers.formats.csv_table import FILES
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import Table, read_table
from mmtal.preparation.importers.times import NUMBER, to_number
from mmtal.preparation.importers.values import file_stem
from mmtal.utils.wording import repeated

YES, NO = ("1", "1.0", "True", "true", "TRUE"), ("0", "0.0", "False", "false", "FALSE")
NOT_LABELED = ("-1", "-1.0")
VALUES = {*YES, *NO, *NOT_LABELED}
TIMES = ("time", "time (s)", "time_s", "timestamp", "seconds")
NO_CLASSES = ("Probability_", "Low_prob_detections_")
"""What SimBA calls its guesses beside the classes, and the last features, perhaps all 0 or 1."""
FRAMES = ("", "frame", "frames", "frame_number", "index", "unnamed: 0")


def matches(probe: Probe) -> bool:
    """Whether the first column counts frames or tells the time, and the last has such values."""
    header = probe.header
    rows = [row for row in probe.rows if row]
    if len(header) < 2 or not rows or not header[-1]:
        return False
    column, last = header[0].lower(), [row[-1] for row in rows]
    if VALUES.issuperset(last):
        roles = {role_of(name)[0] for name in header}
        return column in (*FRAMES, *TIMES) and not roles & {"start", "label"}
    words = not any(map(NUMBER.fullmatch, last))
    regular = column in TIMES and words and _is_regular([row[0] for row in rows])
    return regular and not event_log.matches(probe)


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read a table, a recording named after its file; neighboring frames of a class are one.

    ValueError: the frame rate is not known, or no column has labels.
    """
    path = source.path
    table = read_table(path, collected)
    if twice := repeated(table.header):
        raise ValueError(f"{path}: the column '{twice[0]}' occurs twice in the first line")
    rate, first = _rate(table, options, collected)
    tracks = _tracks(table, options)
    recording = collected.recording(
        file_stem(path, "_labels"),
        where=str(path),
        subset=source.subset,
        duration=round(first + len(table.rows) / rate, 9),
        fps=rate,
        once=True,
    )
    unlabeled = zip(*([text == "-1" for text in track] for track in tracks.values()), strict=True)
    collected.drop("frame that is not labeled (-1)", sum(map(any, unlabeled)))
    background = options.no_action
    for name, track in tracks.items():
        place = 0
        for label, run in groupby(track):
            end = place + len(list(run))
            where = f"{table.rows[place].where}, column '{name}'"
            if label.lower() in background:
                collected.drop("background")
            elif label not in ("", "-1"):
                start, stop = (round(first + k / rate, 9) for k in (place, end))
                collected.add(recording, start, stop, label, where=where)
            place = end
    collected.note(f"{path}: read are the columns {', '.join(tracks)}")


def _tracks(table: Table, options: ImportOptions) -> dict[str, list[str]]:
    """The label of each frame, by column; empty where there is none, -1 where nobody looked.

    Those are the last columns that hold nothing but 0 and 1; else all of text. ``options.labels``
    chooses. ValueError: the last column is of neither kind.
    """
    cells = {name: [row.values[name] for row in table.rows] for name in table.header[1:]}
    last = next(reversed(cells.values()), [])
    if not any(map(NUMBER.fullmatch, last)) and not (last and VALUES.issuperset(last)):
        texts = [n for n, c in cells.items() if not any(map(NUMBER.fullmatch, c)) and any(c)]
        return {n: cells[n] for n in options.choose(texts, what="column", where=str(table.path))}
    binary: list[str] = []
    columns = [name for name in table.header[1:] if not name.startswith(NO_CLASSES)]
    for name in reversed(columns):
        if not VALUES.issuperset(cells[name]):
            break
        binary.insert(0, name)
    if not binary or not table.rows:
        raise ValueError(
            f"{table.path}: the last column must be of a class, 0 or 1 in each frame, but "
            f"'{table.header[-1]}' is not"
        )
    if options.labels:
        binary = options.choose(binary, what="class", where=str(table.path))
    return {
        name: ["-1" if text in NOT_LABELED else name * (text in YES) for text in cells[name]]
        for name in binary
    }


def _rate(table: Table, options: ImportOptions, collected: Collected) -> tuple[float, float]:
    """Frames per second, and the time of the first frame in seconds.

    Frames that are numbered begin with 0 or 1, or later: then the first one has its time.
    """
    column = table.header[0]
    times = [row.values[column] for row in table.rows]
    timed = column.lower() in TIMES
    if options.fps is not None and timed and _is_regular(times):
        seconds = to_number(times[-1]) - to_number(times[0])
        rate = round((len(times) - 1) / seconds, 6)
        if abs(rate / options.fps - 1) > 0.01:
            collected.note(
                f"{table.path}: column '{column}' says {rate:g} frames per second, if it is in "
                f"seconds; taken are the {options.fps:g} that are given"
            )
    if options.fps is not None or not timed or len(table.rows) < 2:
        if options.fps is None:
            raise ValueError(f"{table.path}: labels of frames need the frame rate: give --fps")
        return options.fps, 0.0 if timed else _first_frame(table, times) / options.fps
    if not _is_regular(times):
        raise ValueError(
            f"{table.path}: the times of column '{column}' are not regular: give --fps"
        )
    first, last = to_number(times[0]), to_number(times[-1])
    rate = round((len(times) - 1) / (last - first), 6)
    if rate < 1:
        collected.note(
            f"{table.path}: a row every {1 / rate:g} s, if column '{column}' is in seconds; else "
            "give --fps"
        )
    return rate, first


def _first_frame(table: Table, texts: Sequence[str]) -> float:
    """The number of the first frame, 0 if the table counts from 1.

    ValueError: the numbers do not go up by one.
    """
    if not all(map(NUMBER.fullmatch, texts)) or not texts:
        return 0.0
    numbers = list(map(float, texts))
    for row, before, number in zip(table.rows[1:], numbers, numbers[1:], strict=False):
        if number != before + 1:
            raise ValueError(
                f"{row.where}: frame {number:g} follows frame {before:g}: there must be a row "
                "for each frame, in their order"
            )
    return 0.0 if numbers[0] == 1 else numbers[0]


def _is_regular(texts: Sequence[str]) -> bool:
    """Whether times are a step apart, give or take half of one."""
    if len(texts) < 3 or not all(map(NUMBER.fullmatch, texts)):
        return False
    times = list(map(float, texts))
    step = (times[-1] - times[0]) / (len(times) - 1)
    return step > 0 and all(abs(t - times[0] - k * step) <= step / 2 for k, t in enumerate(times))


FORMAT = Format(
    "frame-table",
    "table with a row for each frame",
    matches,
    read,
    ("**/*_labels.csv", *FILES),
    takes=("labels",),
)
