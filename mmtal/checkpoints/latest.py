"""Find the checkpoint that a training goes on from."""

import logging
import re
from pathlib import Path

from mmengine.logging import print_log

from mmtal.checkpoints.loading import load_checkpoint_file

_NUMBERED = re.compile(r"^(?!best_).*_(\d+)\.pth$")
"""Files that hold all of a training; the best ones hold weights alone."""


def latest_checkpoint(work_dir: str | Path) -> Path | None:
    """The last checkpoint that a training wrote; None: there is none.

    That is the one that ``last_checkpoint`` names: beside it, wherever its absolute path leads, so
    that a work dir can be copied and renamed. Where none of that name is there, it is the one with
    the highest number. Only a work dir without any checkpoint has them elsewhere.
    """
    return next(iter(_checkpoints(Path(work_dir))), None)


def latest_readable_checkpoint(work_dir: str | Path) -> Path | None:
    """The last checkpoint that can be read; damaged ones are passed over, which is said.

    ValueError: there are checkpoints, but none can be read.
    """
    found, problems = _checkpoints(Path(work_dir)), []
    for path in found:
        try:
            load_checkpoint_file(path, map_location="cpu")
        except ValueError as error:
            problems.append(str(error))
            continue
        if problems:
            print_log(
                f"{'; '.join(problems)}. Going on from {path}, the newest that can be read",
                "current",
                logging.WARNING,
            )
        return path
    if problems:
        raise ValueError(f"no checkpoint in {work_dir} can be read: {'; '.join(problems)}")
    return None


def _checkpoints(work_dir: Path) -> list[Path]:
    """All that can be resumed, the last first."""
    pointer = work_dir / "last_checkpoint"
    text = pointer.read_text(encoding="utf-8", errors="replace") if pointer.is_file() else ""
    stored = Path(text.strip())
    folder = work_dir if _numbered(work_dir) else stored.parent  # CheckpointHook has an out_dir
    named = folder / stored.name
    return list(dict.fromkeys([*([named] if named.is_file() else []), *_numbered(folder)]))


def _numbered(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("*.pth") if _NUMBERED.match(path.name)]
    return sorted(found, key=lambda path: int(_NUMBERED.sub(r"\1", path.name)), reverse=True)
