"""File names made from names that may hold anything, and names that are made part of a path."""

import hashlib
import os
import unicodedata
from pathlib import Path, PureWindowsPath
from urllib.parse import quote

LONGEST = 200
"""Bytes of a file name without ending: most file systems allow 255, beginning and ending too."""


def composed(name: str) -> str:
    """A name in the Unicode form NFC, in which names are compared."""
    return unicodedata.normalize("NFC", name)


def file_stem(name: str) -> str:
    """A file name (without ending) for any name, and a different one for each.

    Characters that a file system might not take are percent-encoded; of a name that becomes longer
    than ``LONGEST`` bytes the beginning and a hash are left.
    """
    stem = quote(name, safe=" ()[]+,=@", errors="surrogatepass")
    if len(stem) <= LONGEST:
        return stem
    digest = hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    start = stem[: LONGEST - len(digest) - 2]
    if "%" in start[-2:]:  # half of an encoded byte
        start = start[: start.rindex("%")]
    return f"{start}%-{digest}"  # no short name has "%-"


def stays_below(name: str) -> bool:
    """Whether a name that is joined to a folder is a path below that folder, on every system."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    path = PureWindowsPath(name)  # takes both slashes
    return not (
        not path.name or "\0" in name or path.root or Path(name).drive or ".." in path.parts
    )
