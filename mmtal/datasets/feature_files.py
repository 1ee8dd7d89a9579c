"""Which feature file belongs to which recording."""

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from mmtal.datasets.features import ENDINGS
from mmtal.utils.file_names import stays_below

SEPARATORS = "_-. "
"""What a prefix of file names ends in."""


def composed(name: str) -> str:
    """A name in the Unicode form NFC, in which names are compared."""
    return unicodedata.normalize("NFC", name)


@dataclass(frozen=True)
class FileNames:
    """How the feature files of a data set are named: prefix, recording, ending."""

    prefix: str = ""
    ending: str = ".npy"

    def path(self, folder: Path, recording: str) -> Path:
        """The feature file of a recording, whatever Unicode form (NFC, NFD) its name has there.

        ValueError: the recording's name leads out of the folder.
        """
        if not stays_below(recording):
            raise ValueError(
                f"recording {recording!r}: its name must be a path below the folder of the "
                "features: give the recording and its feature file another name"
            )
        path = folder / f"{self.prefix}{recording}{self.ending}"
        name, paths = path.relative_to(folder).as_posix(), [path]
        if not name.isascii():  # tools and file systems differ
            paths += [folder / composed(name), folder / unicodedata.normalize("NFD", name)]
        return next((p for p in paths if os.path.exists(p)), path)


def find_file_names(
    files: Collection[str],
    recordings: Collection[str],
    *,
    prefix: str | None = None,
    ending: str | None = None,
) -> FileNames:
    """Prefix and ending (None: those that fit best) with which most recordings have a file.

    For ``files`` of a folder see :func:`list_feature_files`.
    """
    counts: Counter[FileNames] = Counter()
    known = set(map(composed, recordings))
    for file in map(composed, files):
        stem, found = os.path.splitext(file)
        first = stem.split("/", 1)[0]
        for start in [0, *(i + 1 for i, letter in enumerate(first) if letter in SEPARATORS)]:
            if stem[start:] in known:
                counts[FileNames(stem[:start], found)] += 1
    fitting = [
        names
        for names in counts
        if prefix in (None, names.prefix) and ending in (None, names.ending)
    ]
    endings = Counter(os.path.splitext(file)[1] for file in files)
    usual = max(ENDINGS, key=lambda name: endings[name])
    return max(
        fitting,
        key=lambda names: (counts[names], -len(names.prefix), -ENDINGS.index(names.ending)),
        default=FileNames(prefix or "", ending or usual),
    )


def list_feature_files(folder: Path) -> list[str]:
    """Feature files in a folder and in those below it, relative to it, with ``/`` between."""
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):  # does not follow links to folders
        below = Path(place).relative_to(folder)
        for name in names:
            if name.endswith(ENDINGS):
                yield (below / name).as_posix()
