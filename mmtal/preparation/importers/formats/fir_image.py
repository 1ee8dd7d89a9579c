"""FIR-Image-Action-Dataset: a recording a line, then start, end and label of each instance.

Times are counted in rows of the thermal camera. Labels of states (sit, sleeping, falled, active)
lie beside those of actions; ``--background`` leaves them out.
"""

import re
from pathlib import Path

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_text
from mmtal.preparation.importers.times import to_number
from mmtal.utils.video_reader import open_video

RATE = 7.795
"""Rows per second, measured against the videos."""

LINE = re.compile(r"[^,]+\.csv(,\d+,\d+,[^,\d][^,]*)+,?")


def matches(probe: Probe) -> bool:
    """Whether every line is such a recording."""
    return bool(probe.lines) and all(map(LINE.fullmatch, map(str.strip, probe.lines)))


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read ``labels.csv``.

    Where ``../video`` is there, recordings without a video in it are left out, and durations are
    those of the videos.
    """
    background = options.no_action
    folder = source.path.parent.parent / "video"
    for number, line in enumerate(read_text(source.path).split("\n"), start=1):
        name, *fields = (field.strip() for field in line.strip().rstrip(",").split(","))
        where = f"{source.path}, line {number}"
        if not name:
            continue
        video = folder / f"{Path(name).stem}.mp4"
        if folder.is_dir() and not video.is_file():
            collected.drop(f"recording without a video in {folder}")
            continue
        recording = collected.recording(
            Path(name).stem, where=where, subset=source.subset, once=True,
            duration=open_video(video).duration if folder.is_dir() else None,
        )  # fmt: skip
        if len(fields) % 3:
            collected.error(where, f"must be start, end and label in turn, but ends '{line[-40:]}'")
            continue
        for start, end, label in zip(*[iter(fields)] * 3, strict=True):
            with collected.at(where):
                if label.lower() in background:
                    collected.drop("background")
                    continue
                first, last = (round(to_number(text) / RATE, 4) for text in (start, end))
                collected.add(recording, first, last, label, where=where)


FORMAT = Format("fir-image", "labels of FIR-Image-Action-Dataset", matches, read)
