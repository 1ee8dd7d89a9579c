"""A label for each frame, one a line, as 50 Salads, GTEA and Breakfast ship them."""

from itertools import groupby
from pathlib import Path

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, text_files
from mmtal.preparation.importers.tables import read_text


def matches(probe: Probe) -> bool:
    """Whether every line is one word, and some neighbors are equal."""
    words = [line.split() for line in probe.lines]
    labels = [parts[0] for parts in words if len(parts) == 1]
    marks = (",", ";", "<", "{", "[")
    return (
        len(words) > 1
        and len(labels) == len(words)
        and not any(label.startswith(marks) or "," in label for label in labels)
        and len(list(groupby(labels))) < len(labels)
    )


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read ``groundTruth/*.txt`` (or the folder's own ``*.txt``), or one file.

    Frames of one label that follow each other are an instance, [first / fps, (last + 1) / fps).
    FileNotFoundError: a folder holds no such file. ValueError: the frame rate is not given.
    """
    files = text_files(source.path, options.aside) if source.path.is_dir() else [source.path]
    if not files:
        raise FileNotFoundError(f"{source.path}: holds no text files")
    if options.fps is None:
        raise ValueError(f"{source.path}: labels of frames need the frame rate: give --fps")
    for file in files:
        _read_file(file, source.subset, options.fps, options, collected)


def _read_file(
    file: Path, subset: str | None, fps: float, options: ImportOptions, collected: Collected
) -> None:
    lines = [line.strip() for line in read_text(file).rstrip().split("\n")]
    background = options.no_action
    names = dict(options.classes or {})
    duration = len(lines) / fps
    recording = collected.recording(
        file.stem, where=str(file), subset=subset, duration=duration, fps=fps, once=True
    )
    first = 0
    for text, run in groupby(lines):
        end = first + len(list(run))
        where = f"{file}, line {first + 1}"
        label = names.get(int(text), text) if _is_number_of(text, names) else text
        if not text:
            collected.error(where, "a frame has no label")
        elif label.lower() in background:
            collected.drop("background")
        else:
            collected.add(recording, first / fps, end / fps, label, where=where)
        first = end


def _is_number_of(text: str, names: dict[int, str]) -> bool:
    return text.isdecimal() and text not in names.values()


FORMAT = Format("frames", "a label for each frame", matches, read)
