"""THUMOS14 and MultiTHUMOS as published: a text file for each class, ``video start end``."""

import re

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, text_files
from mmtal.preparation.importers.tables import read_text
from mmtal.preparation.importers.times import to_seconds

AMBIGUOUS = "Ambiguous"
LINE = re.compile(r"\S+\s+[\d.]+\s+[\d.]+")
CLASS_FILE = re.compile(r"(.+)_(val|test)")
SUBSETS = {"val": "validation", "test": "test"}


def matches(probe: Probe) -> bool:
    """Whether the lines are ``video start end``."""
    return bool(probe.lines) and all(LINE.fullmatch(line.strip()) for line in probe.lines)


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read ``<Class>_val.txt``, ``<Class>_test.txt`` (THUMOS14) or ``<Class>.txt`` (MultiTHUMOS).

    The subset is that of the file's name, else that in ``video_validation_...``. Segments that are
    marked as ambiguous are left out, as the field does. FileNotFoundError: a folder holds no such
    file.
    """
    files = text_files(source.path, options.aside) if source.path.is_dir() else [source.path]
    if not files:
        raise FileNotFoundError(f"{source.path}: holds no text files, such as Diving_test.txt")
    named = [file for file in files if CLASS_FILE.fullmatch(file.stem)]
    for file in [] if named in ([], files) else sorted(set(files) - set(named)):
        collected.note(f"{file}: not read, its name is not <Class>_val.txt or <Class>_test.txt")
    files = named or files
    for file in files:
        match = CLASS_FILE.fullmatch(file.stem)
        label = match[1] if match else file.stem
        of_file = SUBSETS[match[2]] if match else None
        for number, line in enumerate(read_text(file).split("\n"), start=1):
            if line.strip():
                where = f"{file}, line {number}"
                _add_line(line, label, source.subset or of_file, where, options, collected)


def _add_line(
    line: str,
    label: str,
    subset: str | None,
    where: str,
    options: ImportOptions,
    collected: Collected,
) -> None:
    fields = line.split()
    if len(fields) != 3:
        collected.error(where, f"must be 'video start end', but got '{line.strip():.60}'")
        return
    name, *times = fields
    if label == AMBIGUOUS:
        collected.drop("marked as ambiguous")
        return
    with collected.at(where):
        start, end = (to_seconds(t, unit=options.unit, fps=options.fps) for t in times)
        in_name = re.match(r"video_(validation|test)_", name)
        subset = subset or (in_name[1] if in_name else None)
        recording = collected.recording(name, where=where, subset=subset)
        collected.add(recording, start, end, label, where=where)


FORMAT = Format("thumos", "THUMOS or MultiTHUMOS text files", matches, read, takes=("unit",))
