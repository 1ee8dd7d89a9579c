"""Work dirs: made, written to, by one training at a time."""

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout
from mmengine.logging import print_log

from mmtal.checkpoints.latest import latest_checkpoint
from mmtal.utils.files import make_folder, write_text

RANKS = {"pytorch": "RANK", "slurm": "SLURM_PROCID", "mpi": "OMPI_COMM_WORLD_RANK"}
"""The environment variable by which each launcher numbers its processes."""


def make_work_dir(path: str | Path) -> Path:
    """Make a folder, and those above it; ValueError: nothing can be written there, and why."""
    try:
        path = make_folder(path)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        why = f"nothing can be written to {path}: {error.strerror}" if error.strerror else error
        raise ValueError(f"{why}. Choose another --work-dir") from error
    return path


@contextmanager
def training_in(work_dir: str | Path, launcher: str = "none") -> Iterator[None]:
    """Keep other trainings out of a work dir, and say after Ctrl-C what can be resumed.

    The folder is made; of the processes of a ``launcher`` rank 0 alone takes the lock. The system
    frees the lock of a process that dies, on whatever host: what such a training left is taken
    over, which is said. ValueError: a training that still runs has it.
    """
    if os.environ.get(RANKS.get(launcher, ""), "0") != "0":
        yield
        return
    folder = make_work_dir(work_dir)
    owner = folder / ".training"
    try:
        lock = _lock(folder)
    except Timeout as error:
        raise ValueError(
            f"{_who(owner)} is running in {folder}: wait for its end, or choose another work dir. "
            f"(If that process is known to be gone, with its host perhaps, delete "
            f"{error.lock_file})"
        ) from error
    try:
        if owner.is_file():
            print_log(f"{_who(owner)} has ended without finishing; {folder} is free", "current")
        start = time.strftime("%Y-%m-%d %H:%M:%S")
        write_text(owner, f"process {os.getpid()} on {socket.gethostname()}, begun {start}")
        yield
    except KeyboardInterrupt as error:
        found = latest_checkpoint(folder)
        rest = f"--resume goes on from {found}" if found else "no checkpoint was saved yet"
        raise KeyboardInterrupt(rest) from error
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _lock(folder: Path) -> BaseFileLock:
    lock: BaseFileLock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise
    except OSError:  # a file system without locks: a file says that there is one
        lock = SoftFileLock(folder / ".locked")
        lock.acquire(timeout=0)
    return lock


def _who(owner: Path) -> str:
    try:
        return f"another training ({owner.read_text(encoding='utf-8')})"
    except OSError:  # a search, or a training that has not got so far
        return "another training"
