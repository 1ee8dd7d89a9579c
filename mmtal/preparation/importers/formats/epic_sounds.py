"""EPIC-Sounds tables: the class of each audible event, with start and stop as time stamps.

Start and stop are given as samples at 24,000 per second, too; the time stamps are read. Durations
are those of ``EPIC_100_video_info.csv`` of EPIC-Kitchens-100, if it lies beside the table: the
sound is that of its videos.
"""

from dataclasses import replace

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.durations import add_lengths, read_lengths
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.formats import csv_table
from mmtal.preparation.importers.formats.epic_kitchens import LENGTHS
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.subsets import subset_in_name
from mmtal.preparation.importers.tables import read_table

FILES = tuple(
    f"epic_sounds_{name}.csv" for name in ("train", "validation", "detection_test_videos")
)
LIST = ["video_id"]
"""The columns of ``EPIC_Sounds_detection_test_videos.csv``."""


def matches(probe: Probe) -> bool:
    """Whether it has the columns of the annotations, or is the list of test videos."""
    columns = {"annotation_id", "video_id", "start_sample", "stop_sample"}
    return columns <= set(probe.header) or probe.header == LIST


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read one table; descriptions become comments, listed test videos have no instances.

    ValueError: it is a table without classes.
    """
    path, columns = source.path, dict(options.columns)
    source = replace(source, subset=source.subset or subset_in_name(path))  # in a folder, too
    table = read_table(path, collected, LIST)
    if table.header == LIST:
        for row in table.rows:
            video = row.values["video_id"]
            person = video.partition("_")[0] if options.group == "participant_id" else None
            collected.recording(video, where=row.where, subset=source.subset, group=person)
    elif columns.get("label", "class") not in table.header:
        raise ValueError(
            f"{path}: has no column 'class': instances are in EPIC_Sounds_train.csv and "
            "EPIC_Sounds_validation.csv, the test videos in EPIC_Sounds_detection_test_videos.csv"
            + ", and --columns label=description takes that"
            * ("description" in table.header)
        )
    else:
        if "description" in table.header and "description" not in columns.values():
            columns.setdefault("comment", "description")
        csv_table.read(source, replace(options, columns=columns), collected)
    lengths = path.parent / LENGTHS["published"]
    if lengths.is_file():
        collected.note(f"durations from {lengths}")
        add_lengths(collected, read_lengths(lengths), None)


FORMAT = Format("epic-sounds", "EPIC-Sounds tables", matches, read, FILES, takes=("columns",))
