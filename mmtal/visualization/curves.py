"""Read the logs of trainings, and draw curves: losses, learning rate, gradient norm and mAP."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mmtal.utils.reading import reading
from mmtal.visualization.colors import BASE
from mmtal.visualization.layout import MARGIN, WIDTH, Sheet, plain

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


COLUMNS = 3
PANEL = 2.4
LEGEND = 0.9
LINES = ("-", "--", ":", "-.")
RATES = ("lr", "grad_norm")
MEAN = "mAP"


def draw_curves(logs: Sequence[TrainingLog]) -> Figure:
    """A panel for each quantity, in each a line for every training, named by a legend.

    Of a single training, mAP is also drawn at each tIoU threshold.
    """
    terms = sorted({key for log in logs for key in log.training} - {"base_lr"}, key=_rank)
    metrics = {key for log in logs for key in log.validation}
    panels = [(key, [key], True) for key in terms]
    means = sorted(key for key in metrics if "@" not in key)
    for mean in means:
        keys = [mean]
        if len(logs) == 1:
            keys += sorted(key for key in metrics if key.startswith(f"{mean}@"))
        panels.append((mean, keys, False))
    others = sorted(key for key in metrics if "@" in key and key.split("@")[0] not in means)
    panels += [(key, [key], False) for key in others]

    names = _names(logs)
    legend = [(_color(i), name) for i, name in enumerate(names)] if len(logs) > 1 else []
    title = names[0] if len(logs) == 1 else f"{len(logs)} trainings"
    notes = [
        _summary(log, name if len(logs) > 1 else "") for log, name in zip(logs, names, strict=True)
    ]
    notes = [note for note in notes if note]
    sheet = Sheet(title, notes, legend)
    each = (WIDTH - 2 * MARGIN) / COLUMNS
    for index, (name, keys, is_training) in enumerate(panels):
        left = MARGIN + index % COLUMNS * each + 0.6
        place = sheet.top + index // COLUMNS * (PANEL + 0.75) + 0.25
        room = each - 0.75 - (LEGEND if len(keys) > 1 else 0)
        axes = sheet.axes(left, place, room, PANEL)
        _draw_panel(axes, name, keys, logs, is_training)
    rows = -(-len(panels) // COLUMNS)
    return sheet.finish(sheet.top + rows * (PANEL + 0.75) + MARGIN)


def _draw_panel(
    axes: Axes, name: str, keys: Sequence[str], logs: Sequence[TrainingLog], is_training: bool
) -> None:
    for index, log in enumerate(logs):
        columns = log.training if is_training else log.validation
        for number, key in enumerate(key for key in keys if key in columns):
            steps, values = columns[key]
            percent = 1.0 if is_training else 100.0
            look = index if len(logs) > 1 else number
            axes.plot(
                steps, percent * values, color=_color(look), linestyle=LINES[look // 7 % 4],
                linewidth=1.8 if number == 0 else 1.1, marker="o" if len(steps) < 30 else None,
                markersize=3, label=f"tIoU {key.split('@')[1]}" if "@" in key else "average",
            )  # fmt: skip
    axes.set_title(plain(name if is_training else f"{name} (%)"), size=10, loc="left")
    by_epoch = all(log.by_epoch for log in logs)
    axes.set_xlabel("iteration" if is_training or not by_epoch else "epoch", size=8.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.tick_params(labelsize=8)
    axes.grid(color="0.92", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    low, high = axes.get_ylim()
    if is_training and name != "lr" and low < 0.4 * high:
        axes.set_ylim(bottom=min(low, 0))
    if len(keys) > 1:
        axes.legend(fontsize=7.5, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.03))


def _summary(log: TrainingLog, name: str) -> str:
    parts = []
    if "loss" in log.training:
        steps, values = log.training["loss"]
        parts.append(f"{steps[-1]:.0f} iterations, last loss {values[-1]:.3f}")
        broken = int((~np.isfinite(values)).sum())
        if broken:
            parts.append(f"{broken} losses that are not finite")
    for key, (steps, values) in log.validation.items():
        if key.split("/")[-1] == MEAN and np.isfinite(values).any():
            best = int(np.nanargmax(values))
            unit = "epoch" if log.by_epoch else "iteration"
            parts.append(
                f"best {key} {100 * values[best]:.2f} % ({unit} {steps[best]:.0f}), "
                f"last {100 * values[-1]:.2f} %"
            )
    return (f"{name}: " if name and parts else "") + "; ".join(parts)


def _names(logs: Sequence[TrainingLog]) -> list[str]:
    names = [log.name for log in logs]
    return [
        name if names.count(name) == 1 else f"{name} ({i})" for i, name in enumerate(names, start=1)
    ]


def _rank(key: str) -> tuple[int, str]:
    """loss, its terms, then other values, then learning rate and gradient norm."""
    if key == "loss":
        return 0, key
    if key in RATES:
        return 3 + RATES.index(key), key
    return (1 if "loss" in key else 2), key


def _color(index: int) -> str:
    return BASE[index % len(BASE)]
