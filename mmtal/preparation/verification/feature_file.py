"""Scan one feature file. T features of C channels."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from mmtal.datasets.feature_check import THREADS, first_unusable
from mmtal.datasets.features import LARGEST, Block, read_blocks, read_shape, unusable_values
from mmtal.datasets.sensor_tables import describe_table, table_names
from mmtal.utils.media_files import is_video
from mmtal.utils.progress import progress

MAX_CHANNELS = 1 << 20
"""Nothing has more channels; a file that says so holds something else."""

MAX_HOLE = 1 << 30, 0.01
"""A file of a GB of which less than 1 % is on the disk was never written."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class FileScan:
    """One feature file, read once.

    Attributes:
        path: The file.
        problem: Kind (see ``findings.KINDS``) of what makes it unusable; empty if nothing does.
        text: What is wrong.
        length: T.
        channels: C.
        nonfinite: Where NaN and infinity are, in words; empty if nowhere.
        constant: Channels with one value throughout, packed bits (C,); empty if T is 1.
        digest: Of shape, type and values.
        names: Of the channels of a table.
        notes: What is notable of a table's clock.
    """

    path: Path
    problem: str = ""
    text: str = ""
    length: int = 0
    channels: int = 0
    nonfinite: str = ""
    constant: bytes = b""
    digest: bytes = b""
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def constant_channels(self) -> np.ndarray:
        """bool (C,)."""
        if not self.constant:
            return np.zeros(self.channels, dtype=bool)
        bits = np.unpackbits(np.frombuffer(self.constant, np.uint8), count=self.channels)
        return bits.astype(bool)


def scan_file(
    path: Path, *, key: str | None, rate: float | None = None, together: Sequence[Path] = ()
) -> FileScan:
    """Read a feature file, or whatever stands in its place: what is wrong is no exception.

    ``rate`` and ``together`` are as for :func:`read_shape`.
    """
    found = _not_a_file(path)
    if found:
        return found
    try:
        length, channels = read_shape(path, key=key, rate=rate, together=together)
        if channels > MAX_CHANNELS:
            raise ValueError(
                f"{path}: features must have the shape (T, C), but {channels} channels are too "
                "many. Save one row per feature"
            )
        if is_video(path):  # pictures hold no NaN
            with path.open("rb") as file:
                digest = hashlib.sha256(b"%d" % path.stat().st_size + file.read(1 << 20)).digest()
            return FileScan(path, length=length, channels=channels, digest=digest)
        scan = _Scan(length, channels)
        for block in read_blocks(path, key=key, rate=rate, together=together):
            scan.add(block)
        names, notes = table_names(path), describe_table(path, rate=rate, together=together)
    except Exception as error:  # damaged files fail in many ways
        kind = "unusable feature file"
        if "must not be empty" in str(error):
            kind = "empty feature file"
        return FileScan(path, kind, str(error) or type(error).__name__)
    return replace(scan.result(path), names=names, notes=tuple(notes))


def _not_a_file(path: Path) -> FileScan | None:
    """What is known before the file is opened: opening a pipe would wait for ever."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        if path.is_symlink():
            return FileScan(
                path, "missing feature file", f"{path}: links to {os.readlink(path)}, not there"
            )
        return FileScan(path, "missing feature file", f"{path}")
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            error = OSError("its symbolic links go round in a circle")
        return FileScan(path, "unusable feature file", f"{path}: cannot be read ({error})")
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
        return FileScan(path, "unusable feature file", f"{path}: is {kind}, not a file")
    if status.st_size == 0:
        return FileScan(path, "empty feature file", f"{path}: has 0 bytes")
    size, share = MAX_HOLE
    if status.st_size > size and status.st_blocks * 512 < share * status.st_size:
        return FileScan(
            path,
            "unusable feature file",
            f"{path}: has {status.st_size} bytes, but only {status.st_blocks * 512} of them are on "
            "the disk. Write the file again",
        )
    return None


class _Scan:
    """What the blocks of a file (T, C) say, one after the other."""

    def __init__(self, length: int, channels: int) -> None:
        self.length, self.channels = length, channels
        self.first = np.zeros(channels, dtype=np.float16)
        self.constant = np.full(channels, length > 1)
        self.number = {"NaN": 0, "infinite": 0, f"beyond {LARGEST:g}": 0}
        self.place: tuple[int, int, float] | None = None
        self.hash = hashlib.blake2b(f"{length} {channels}".encode(), digest_size=16)

    def add(self, block: Block) -> None:
        values = block.values
        self.hash.update(str(values.dtype).encode())
        self.hash.update(np.ascontiguousarray(values).view(np.uint8).data)
        part = slice(block.channel, block.channel + values.shape[1])
        if block.row == 0:
            self.first = self.first.astype(values.dtype, copy=False)
            self.first[part] = values[0]
        # most channels are no longer constant after two features
        alive = self.constant[part] & (values[-1] == self.first[part])
        columns = np.flatnonzero(alive)
        alive[columns] = (values[:, columns] == self.first[part][columns]).all(axis=0)
        self.constant[part] = alive
        place = first_unusable(block)
        if place:
            self.place = self.place or place
            nan, infinite = np.isnan(values).sum(), np.isinf(values).sum()
            counts = (nan, infinite, unusable_values(values).sum() - nan - infinite)
            for kind, count in zip(self.number, counts, strict=True):
                self.number[kind] += int(count)

    def result(self, path: Path) -> FileScan:
        nonfinite = ""
        if self.place:
            counts = ", ".join(f"{n} {kind}" for kind, n in self.number.items() if n)
            nonfinite = f"{counts}, first in feature {self.place[0]}, channel {self.place[1]}"
        return FileScan(
            path,
            length=self.length,
            channels=self.channels,
            nonfinite=nonfinite,
            constant=np.packbits(self.constant).tobytes() if self.constant.any() else b"",
            digest=self.hash.digest(),
        )


def in_parallel(
    function: Callable[[Item], Result], items: Sequence[Item], *, text: str
) -> Iterator[Result]:
    """Results in the order of the items, from threads, few ahead; with progress.

    An interruption leaves at once what has not begun.
    """
    return progress(_ahead(function, items), len(items), text=text)


def _ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    pool = ThreadPoolExecutor(THREADS)
    try:
        rest = iter(items)
        pending: list[Future[Result]] = []
        while True:
            pending += [pool.submit(function, item) for item in islice(rest, 64 - len(pending))]
            if not pending:
                return
            yield pending.pop(0).result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
