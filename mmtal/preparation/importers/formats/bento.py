"""Bento's annotation files (``.annot``): bouts of each behavior of each channel."""

import re

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.preparation.importers.tables import read_text
from mmtal.preparation.importers.times import to_number, to_positive
from mmtal.preparation.importers.values import file_stem

TITLE = "Bento annotation file"
CHANNEL = re.compile(r"(\S.*?)-{5,}")
RATE, STOP, STOP_TIME = "Annotation framerate:", "Annotation stop", "Annotation stop time"


def matches(probe: Probe) -> bool:
    """Whether it says that it is such a file."""
    return probe.text.startswith(TITLE)


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read the bouts, a recording named after the file; ``--labels`` chooses of several channels.

    Frames count from 1, and the last one belongs to the bout. Times are such frames divided by the
    frame rate; where all are whole numbers, they are the frames. ValueError: the frame rate is not
    known.
    """
    path = source.path
    lines = read_text(path).split("\n")
    keys = (RATE, STOP, STOP_TIME)
    head = {k: line.partition(":")[2].strip() for line in lines for k in keys if k in line}
    rate = to_positive(head.get(RATE) or None, name="framerate") or options.fps
    if rate is None:
        raise ValueError(f"{path}: does not say the frame rate: give --fps")
    found: dict[str, list[tuple[str, list[str], str]]] = {}
    channel = label = ""
    for number, line in enumerate(lines, start=1):
        if match := CHANNEL.fullmatch(line.strip()):
            channel, label = match[1], ""
        elif line.startswith(">"):
            label = line[1:].strip()
        elif label and re.match(r"\s*[-\d.]", line):
            place = f"{path}, line {number}"
            found.setdefault(channel, []).append((label, line.split(), place))
    texts = [text for bouts in found.values() for _, fields, _ in bouts for text in fields[:2]]
    in_frames = not any("." in text for text in [*texts, head.get(STOP, "")])
    unit = rate if in_frames else 1.0
    stop = to_positive(head.get(STOP) or None, name=STOP)
    # then in frames, whatever the bouts are in
    whole = stop is None or (stop.is_integer() and STOP_TIME not in head)
    recording = collected.recording(
        file_stem(path),
        where=str(path),
        subset=source.subset,
        duration=None if stop is None else round(stop / (rate if whole else 1.0), 9),
        fps=rate,
        once=True,
    )
    for name in options.choose(list(found), what="channel", where=str(path)):
        for label, fields, place in found[name]:
            with collected.at(place):
                if len(fields) < 2:
                    raise ValueError("must be start, stop and duration")
                start, end = (to_number(text) / unit for text in fields[:2])
                start = max(round(start - 1 / rate, 6), 0.0)
                collected.add(recording, start, round(end, 6), label, where=place)


FORMAT = Format("bento", "Bento annotation file", matches, read, ("*.annot",), takes=("labels",))
