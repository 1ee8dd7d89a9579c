"""One search at a time in a study's folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def study_lock(folder: Path) -> Iterator[None]:
    """Hold a study's folder; the lock ends with the process, however that ends.

    Raises:
        ValueError: Another search holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(
                f"another search is running in {folder}: use its --workers for more processes, or "
                "give this one another --study"
            ) from error
        yield
