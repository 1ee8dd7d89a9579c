"""Which feature file belongs to which recording."""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from mmtal.datasets.features import ENDINGS
from mmtal.datasets.number_tables import is_number_table
from mmtal.utils.file_names import composed, stays_below
from mmtal.utils.media_files import is_media

SEPARATORS = "_-. "
"""What a prefix of file names ends in."""
TRACKER = re.compile(r"(DLC_|DeepCut_).*")
"""What DeepLabCut writes behind the name of a video."""


@dataclass(frozen=True)
class FileNames:
    """How the feature files of a data set are named: prefix, recording, ending."""

    prefix: str = ""
    ending: str = ".npy"

    def path(self, folder: Path, recording: str) -> Path:
        """The feature file of a recording, whatever Unicode form (NFC, NFD) its name has there.

        A video's ending may be in capitals, too.

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
        if is_media(path):
            paths.append(path.with_name(path.name.removesuffix(self.ending) + self.ending.upper()))
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
        if ending is not None and file.endswith(ending):
            stem, found = file.removesuffix(ending), ending
        first = stem.split("/", 1)[0]
        tracked = TRACKER.search(stem) if ending is None else None
        for start in [0, *(i + 1 for i, letter in enumerate(first) if letter in SEPARATORS)]:
            if stem[start:] in known:
                counts[FileNames(stem[:start], found)] += 1
            elif tracked and stem[start : tracked.start()] in known:
                counts[FileNames(stem[:start], tracked[0] + found)] += 1
    fitting = [
        names
        for names in counts
        if prefix in (None, names.prefix) and ending in (None, names.ending)
    ]
    endings = Counter(os.path.splitext(file)[1] for file in files)
    usual = max(ENDINGS, key=lambda name: endings[name])
    return max(
        fitting,
        key=lambda names: (
            counts[names],
            -len(names.prefix),
            -next(k for k, ending in enumerate(ENDINGS) if names.ending.endswith(ending)),
        ),
        default=FileNames(prefix or "", ending or usual),
    )


def list_feature_files(folder: Path) -> list[str]:
    """Feature files in a folder and in those below it, relative to it, with ``/`` between.

    Hidden ones, such as those of a process that was killed while it wrote, are left out.
    """
    return sorted(_walk(folder))


def is_feature_file(path: Path) -> bool:
    """Whether a file's ending is one of features; a ``.txt`` must hold a table of numbers, too."""
    return path.name.endswith(ENDINGS) and (path.suffix != ".txt" or is_number_table(path))


def _walk(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):  # does not follow links to folders
        below = Path(place).relative_to(folder)
        for name in names:
            if not name.startswith(".") and is_feature_file(Path(place, name)):
                yield (below / name).as_posix()
