"""Read the scalars of a training log."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.utils.reading import reading

NOT_CURVES = {"step", "iter", "epoch", "mode", "memory", "time", "data_time", "eta"}


@dataclass(frozen=True)
class TrainingLog:
    """What a training logged, by name: steps (S,) and values (S,).

    Attributes:
        name: Of the work dir or file.
        training: Losses and the like, by iteration.
        validation: Metrics, by epoch, or by iteration where the training counts no epochs.
        by_epoch: Whether validation counts epochs.
    """

    name: str
    training: dict[str, tuple[np.ndarray, np.ndarray]]
    validation: dict[str, tuple[np.ndarray, np.ndarray]]
    by_epoch: bool


def read_training_log(path: str | Path) -> TrainingLog:
    """Read a work dir, all of its starts joined, or one log file.

    A training that was resumed goes on where it was; what an earlier start logged beyond that
    place, or a restart from nothing, is replaced. FileNotFoundError: there is no
    ``*/vis_data/scalars.json`` or ``*.log.json``. ValueError: the log is not in the format, or
    holds nothing.
    """
    path = Path(path)
    files = [path] if path.is_file() else _find_logs(path)
    training: list[dict[str, Any]] = []
    validation: list[dict[str, Any]] = []
    for file in files:
        with reading(file, "is no log of a training"):
            ours, theirs = _read_file(file)
            training = _continue(training, ours)
            validation = _continue(validation, theirs) if ours else validation + theirs
    if not training and not validation:
        raise ValueError(f"{files[0]}: holds no scalars yet; has the training made a step?")
    by_epoch = not training or any("epoch" in row for row in training)
    name = path.name or path.resolve().name
    with reading(path, "is no log of a training"):
        return TrainingLog(name, _columns(training), _columns(validation), by_epoch)


def _find_logs(folder: Path) -> list[Path]:
    patterns = ("*/vis_data/scalars.json", "vis_data/scalars.json", "scalars.json", "*.log.json")
    for pattern in patterns:
        files = sorted(folder.glob(pattern))
        if files:
            return files
    raise FileNotFoundError(
        f"no log of a training in {folder}: looked for {', '.join(patterns)}"
        if folder.is_dir()
        else f"{folder} does not exist: give the work dir of a training, or its scalars.json"
    )


def _read_file(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    training, validation = [], []
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines):  # a training that was killed, or that writes right now
                break
            raise ValueError(
                f"{path}, line {number}: expected a JSON object of scalars, but got {line[:60]!r}"
            ) from error
        if not isinstance(row, dict):
            raise ValueError(f"{path}, line {number}: expected an object, but got {line[:60]!r}")
        if "loss" in row or row.get("mode") == "train":
            training.append(row)
        elif any(key not in NOT_CURVES for key in row) and ("step" in row or "epoch" in row):
            validation.append(row)
    _give_steps(training, validation)
    return training, validation


def _give_steps(training: list[dict[str, Any]], validation: list[dict[str, Any]]) -> None:
    """MMCV's old logs count iterations again in each epoch and have no ``step``."""
    longest = max((row.get("iter", 0) for row in training), default=0)
    for row in training:
        if "step" not in row:
            row["step"] = (row.get("epoch", 1) - 1) * longest + row.get("iter", 0)
    for row in validation:
        row.setdefault("step", row.get("epoch"))


def _continue(earlier: list[dict[str, Any]], later: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first = min((row["step"] for row in later), default=np.inf)
    return [row for row in earlier if row["step"] < first] + later


def _columns(rows: list[dict[str, Any]]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for key, value in row.items():
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if key not in NOT_CURVES and number:
                found.setdefault(key, []).append((row["step"], value))
    return {
        key: (np.array([s for s, _ in pairs], float), np.array([v for _, v in pairs], float))
        for key, pairs in found.items()
    }
