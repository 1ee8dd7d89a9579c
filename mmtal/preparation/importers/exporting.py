"""Write recordings as files of annotation tools."""

import warnings
from pathlib import Path

from mmtal.preparation.importers.detection import find_format, known_formats
from mmtal.preparation.importers.format import Database, Format
from mmtal.preparation.importers.writing import write_annotations
from mmtal.utils.file_names import file_stem
from mmtal.utils.files import check_writable, make_folder, whole_file
from mmtal.utils.reading import reading
from mmtal.utils.wording import counted, first_of


def check_export(path: Path, to: str | None) -> Format | None:
    """The format to write, before long work; None: a table with tabs.

    Args:
        path: A file; or a folder, of a format whose files hold one recording.
        to: Name of the format; None: the one of the path's ending.

    Raises:
        ValueError: There is no such format, or it is of files and the path has another ending.
        OSError: The path cannot be written.
    """
    ending = path.suffix.lower()
    if to is None and ending == ".tsv":
        check_writable(path)
        return None
    to = "activitynet" if to is None and ending == ".json" else to
    fitting = [f for f in known_formats().values() if f.write and f.ending.lower() == ending]
    if to is None and len(fitting) != 1:
        names = [f.name for f in known_formats().values() if f.write]
        raise ValueError(
            f"--out {path}: give --to, since its ending is of no one format: {', '.join(names)}"
        )
    chosen = fitting[0] if to is None else find_format(to, writable=True)
    if chosen.single and ending != chosen.ending.lower():
        make_folder(path)
    elif ending != chosen.ending.lower():
        raise ValueError(f"--out must end in {chosen.ending} for {chosen.title}, but got '{path}'")
    else:
        check_writable(path)
    return chosen


def export_annotations(path: Path, database: Database, to: str | None = None) -> list[Path]:
    """Write recordings for an annotation tool, whole or not at all; returned are the files.

    Args:
        path: See :func:`check_export`.
        database: As in an annotation JSON; instances may have a ``score`` and other details.
        to: Name of the format; None: the one of the path's ending.

    Raises:
        ValueError: As :func:`check_export`, or something cannot be written in this format.
    """
    chosen = check_export(path, to)
    if chosen is None:
        write_annotations(path, database)
        return [path]
    if not chosen.single:
        _write(chosen, path, database)
        return [path]
    is_file = path.suffix.lower() == chosen.ending.lower()
    if is_file and len(database) != 1:
        raise ValueError(
            f"{path}: a file in {chosen.title} holds one recording, but there are {len(database)} "
            f"({first_of(list(database), 3)}): give a folder"
        )
    files = []
    for name, entry in database.items():
        files.append(path if is_file else path / f"{file_stem(name)}{chosen.ending}")
        _write(chosen, files[-1], {name: entry})
    hashed = [name for name in database if not is_file and "%-" in file_stem(name)]
    if hashed:
        warnings.warn(
            f"names of {counted(len(hashed), 'recording')} are too long for files, which end in a "
            f"hash: {first_of(hashed, 1)}",
            stacklevel=2,
        )
    return files


def _write(chosen: Format, path: Path, database: Database) -> None:
    assert chosen.write is not None
    with reading(path, f"cannot be written as {chosen.title}"):
        content = chosen.write(database)
    with whole_file(path) as temporary:
        data = content.encode("utf-8") if isinstance(content, str) else content
        temporary.write_bytes(data)
