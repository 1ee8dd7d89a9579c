"""What makes a format of annotations."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import Any

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe
from mmtal.utils.reading import reading
from mmtal.utils.wording import counted

Database = Mapping[str, Mapping[str, Any]]
"""Recordings by name, as in an annotation JSON; what a writer gets."""


@dataclass(frozen=True)
class Format:
    """A format of annotations.

    Attributes:
        name: As ``--format`` and ``--to`` take it.
        title: What it is, for people.
        matches: Whether the content of a file (or of a folder that is read as one) is of this
            format.
        read: Adds what a source holds to a collection.
        files: Names of its files in a folder, such as ``*.eaf``; each is read by itself. Empty:
            ``read`` gets the folder.
        write: Makes the content of a file of recordings, in seconds; None: it is only read.
        ending: Of a written file.
        single: Whether a written file holds one recording.
        takes: Options of an import that it reads and others do not: ``unit``, ``labels``,
            ``inclusive``, and ``columns`` or roles of them, such as ``columns.label``.
    """

    name: str
    title: str
    matches: Callable[[Probe], bool]
    read: Callable[[Source, ImportOptions, Collected], None]
    files: tuple[str, ...] = ()
    write: Callable[[Database], str | bytes] | None = None
    ending: str = ""
    single: bool = False
    takes: tuple[str, ...] = ()

    def files_in(self, folder: Path, aside: Collection[Path] = ()) -> list[Path]:
        """The files of a folder that may be of this format, in the order of their names.

        Without those ``aside``, which hold something else.

        Names that begin with ``**/`` are looked for in folders below it, too; where there are
        some, the other names do not count.
        """
        deep = [name.removeprefix("**/") for name in self.files if name.startswith("**/")]
        found = _named(folder.rglob("*"), deep) if deep else []
        found = found or _named(folder.iterdir(), self.files)
        return [path for path in found if path.resolve() not in aside] if aside else found

    def fits(self, probe: Probe) -> bool:
        """Whether a file, or the first file of a folder that is not empty, is of this format."""
        if self.files and probe.path.is_dir():
            files = (path for path in self.files_in(probe.path, probe.aside) if path.stat().st_size)
            return any(self.matches(Probe(path)) for path in islice(files, 1))
        return self.matches(probe)

    def add_to(self, collected: Collected, source: Source, options: ImportOptions) -> None:
        """Read a source, with each file of a folder for itself.

        ValueError: the folder has no such file.
        """
        if not (self.files and source.path.is_dir()):
            self.read(source, options, collected)
            return
        files = self.files_in(source.path, options.aside)
        if not files:
            raise ValueError(f"{source.path}: holds no file {' or '.join(self.files)}")
        for path in files:
            with reading(path, f"is not complete as {self.title}"):
                self.read(Source(path, source.subset, in_folder=True), options, collected)
        folders = [item for item in source.path.iterdir() if item.is_dir()]
        names = [name for name in self.files if not name.startswith("**/")]
        below = [path for folder in folders for path in _named(folder.iterdir(), names)]
        if below := [
            path for path in below if path not in files and path.resolve() not in options.aside
        ]:
            collected.note(
                f"{source.path}: {counted(len(below), 'file')} in folders below were not read, "
                f"such as {below[0]}: give their folders, too"
            )


def refuse_unread(options: ImportOptions, formats: Sequence[Format]) -> None:
    """ValueError: an option is given that none of the formats takes."""
    given = {f"columns.{role}": f"--columns {role}=..." for role in options.columns}
    given |= {name: f"--{name}" for name in ("labels", "inclusive") if getattr(options, name)}
    if options.unit not in (None, "seconds"):
        given["unit"] = "--unit"
    for name, flag in given.items():
        if not any({name, name.partition(".")[0]} & {*f.takes} for f in formats):
            raise ValueError(f"{flag} does not go with {formats[0].title}: leave it out")


def _named(paths: Iterable[Path], names: Sequence[str]) -> list[Path]:
    """The paths of such names, but for what a file manager or Excel has left there."""
    visible = (path for path in paths if not path.name.startswith(("._", "~$")))
    return sorted(p for p in visible if any(fnmatch(p.name.lower(), name) for name in names))
