"""Write a folder of results whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_output_folder(path: str | Path, *, made_by: str) -> None:
    """Ask before the work whether :func:`whole_folder` may write there; ValueError if not.

    Only an empty folder is replaced, or one with the file ``made_by``, as all of this kind have.
    """
    path = Path(path)
    if path.is_dir() and ((path / made_by).is_file() or not any(path.iterdir())):
        return
    if path.exists():
        what = "a folder with other files" if path.is_dir() else "a file"
        raise ValueError(f"{path} is {what}: name a new folder, or remove it")


@contextmanager
def whole_folder(path: str | Path, *, made_by: str) -> Iterator[Path]:
    """A temporary folder to fill; it takes the place of ``path`` when the block ends well."""
    path = Path(path)
    check_output_folder(path, made_by=made_by)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        new, old = temporary / "new", temporary / "old"
        new.mkdir()
        yield new
        if path.exists():
            path.rename(old)
        new.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
