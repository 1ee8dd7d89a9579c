"""Durations of recordings, from a table or from feature files."""

import datetime
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mmtal.datasets.extraction import places_of, video_of
from mmtal.datasets.feature_files import find_file_names, list_feature_files
from mmtal.datasets.features import read_shape
from mmtal.datasets.sensor_tables import clock_rate, table_start
from mmtal.preparation.importers.collected import Collected, normal_name
from mmtal.preparation.importers.options import ImportOptions
from mmtal.preparation.importers.tables import read_table
from mmtal.preparation.importers.times import to_positive, to_seconds
from mmtal.preparation.importers.values import MEDIA_ENDINGS, media_name
from mmtal.utils.progress import progress
from mmtal.utils.video_reader import open_video
from mmtal.utils.wording import counted

NAMES = ("recording", "video", "video_id", "video_name", "name", "id", "file")
COLUMNS = {
    "duration": ("duration", "recording_duration", "video_duration", "length", "seconds"),
    "frames": ("frames",),
    "fps": ("fps", "frame_rate"),
    "start": ("recording_start", "start", "start_time"),
}


@dataclass(frozen=True)
class Lengths:
    """How long a recording is, and when it began, as far as a table says."""

    duration: float | None = None
    frames: float | None = None
    fps: float | None = None
    start: str | None = None

    def seconds(self, fps: float | None) -> float | None:
        """The duration; frames are counted at the table's frame rate, else at this one."""
        if self.duration is not None or self.frames is None:
            return self.duration
        rate = self.fps or fps
        return None if rate is None else self.frames / rate


def read_lengths(path: Path) -> dict[str, Lengths]:
    """A table with a column for the recording and at least one of duration, frames, fps and start.

    Recordings may be called like their files. ValueError: a column is missing, a row cannot be
    read, or two contradict each other.
    """
    if not path.is_file():
        raise FileNotFoundError(f"table of durations '{path}' does not exist")
    collected, found = Collected(), dict[str, Lengths]()
    table = read_table(path, collected)
    header = table.header
    name = next((column for column in header if column.lower() in NAMES), None)
    columns = {
        role: next((c for c in header if c.lower() in names), None)
        for role, names in COLUMNS.items()
    }
    if name is None or not any(columns.values()):
        raise ValueError(
            f"{path}: the first line must name the columns recording, and duration or frames (and "
            f"fps), but is {', '.join(header)}"
        )
    table.read_decimal_commas([column for column in columns.values() if column], collected)
    for row in table.rows:
        values = {role: row.values[column] if column else "" for role, column in columns.items()}
        start = values.pop("start") or None
        with collected.at(row.where):
            if ":" in values["duration"]:
                values["duration"] = str(to_seconds(values["duration"], unit=None, fps=None))
            numbers = {role: to_positive(text, name=role) for role, text in values.items()}
            length = Lengths(**numbers, start=start)
            recording = normal_name(row.values[name])
            if found.setdefault(recording, length) != length:
                raise ValueError(f"recording '{recording}' is in the table twice, and not the same")
    collected.raise_errors()
    files = {k: v for k, v in found.items() if k.lower().endswith(MEDIA_ENDINGS)}
    return {**{media_name(name): length for name, length in files.items()}, **found}


def add_lengths(collected: Collected, lengths: Mapping[str, Lengths], fps: float | None) -> None:
    """Put durations and frame rates of a table into the recordings; the table wins."""
    unknown = [name for name in collected.recordings if name not in lengths]
    for name, recording in collected.recordings.items():
        length = lengths.get(name, Lengths())
        duration = length.seconds(recording.fps or fps)
        if duration is not None:
            recording.duration = duration
        if length.fps is not None:
            recording.fps = length.fps
    if unknown:
        collected.note(
            f"the table of durations lacks {counted(len(unknown), 'recording')}, such as "
            f"'{unknown[0]}'"
        )


def starts_of_features(folder: Path) -> dict[str, str]:
    """When recordings began, in ISO 8601, by names of tables of sensors with an absolute clock."""
    starts = {}
    for name in list_feature_files(folder):
        start = None
        with suppress(ValueError):  # which verify and training report, if the table is of use
            start = table_start(folder / name)
        if start is not None:
            moment = datetime.datetime.fromtimestamp(start, datetime.timezone.utc)
            starts[normal_name(os.path.splitext(name)[0])] = moment.isoformat()
    return starts


def add_lengths_of_features(collected: Collected, folder: Path, options: ImportOptions) -> None:
    """Fill missing durations: T features last ``((T - 1) * stride + snippet) / fps`` seconds.

    Of features that were extracted from a video which is still there, it is the video's.
    ValueError: stride, snippet length or frame rate is not known, or a file is unusable.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"feature folder '{folder}' does not exist")
    given = options.feature_stride, options.snippet_frames, None
    stride, snippet, own_fps = places_of([folder], *given)
    open_ = [r for r in collected.recordings.values() if r.duration is None]
    names = find_file_names(list_feature_files(folder), collected.recordings)
    missing = 0
    for recording in progress(open_, len(open_), text="reading lengths of features"):
        path = names.path(folder, recording.name)
        fps = own_fps or recording.fps or options.fps
        if not os.path.isfile(path):
            missing += 1
        elif video := video_of([folder], recording.name):
            recording.duration = open_video(video).duration
        elif (clock := clock_rate([path])) is not None:
            recording.duration = read_shape(path, rate=fps)[0] / (fps or clock)
            recording.fps = fps or clock
        elif stride is None or snippet is None:
            raise ValueError("durations from features need --feature-stride and --snippet-frames")
        elif fps is None:
            raise ValueError(
                f"recording '{recording.name}': durations from features need the frame rate: give "
                "--fps"
            )
        else:
            recording.duration = ((read_shape(path)[0] - 1) * stride + snippet) / fps
    if missing:
        collected.note(f"{counted(missing, 'recording')} without a feature file in {folder}")
