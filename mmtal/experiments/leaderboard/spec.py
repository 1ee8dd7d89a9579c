"""Parse and validate leaderboard specs."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmtal.config_files import find_config
from mmtal.evaluation.protocols import find_protocol
from mmtal.experiments.leaderboard.record import run_name
from mmtal.utils.yaml_files import read_yaml

OWN_PROTOCOL = "config"
"""Name of the protocol that is what the config's own ``test_evaluator`` says."""

_ROW_KEYS = ("benchmark", "method", "config", "data", "protocols", "seeds", "folds", "options")
_NEEDED = _ROW_KEYS[:-2]
_FOLD_KINDS = (("annotations", "names"), ("leave_out", "names"), ("count", "group", "seed"))
_FOLD_KEYS = tuple(dict.fromkeys(key for kind in _FOLD_KINDS for key in kind))


@dataclass(frozen=True, kw_only=True)
class Folds:
    """Parts that are left out of training in turn.

    Attributes:
        names: Of the folds.
        annotations: Annotation file of each, with ``{fold}`` in its name, below the data's root.
        leave_out: Name of the recordings that each leaves out, with ``{fold}`` in it and ``*`` for
            any text. Without this and ``annotations``, all recordings of the config's annotation
            file are dealt out to as many folds as there are names.
        group: Regular expression; recordings in whose name it finds the same (its first group, if
            it has one) stay together when they are dealt out. None: as the file says.
        seed: Of dealing out.
    """

    names: tuple[str, ...]
    annotations: str | None = None
    leave_out: str | None = None
    group: str | None = None
    seed: int = 0

    def describe(self, ann_file: str) -> str:
        """What takes the place of the annotation file in the text of a config."""
        if self.annotations is not None:
            return self.annotations
        if self.leave_out is not None:
            return f"{ann_file} without {self.leave_out}"
        by = self.group or "group"
        return f"{ann_file} in {len(self.names)} folds by {by}, seed {self.seed}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One method on one benchmark.

    Attributes:
        benchmark: Name of the data and their split.
        method: Name of the method.
        config: Name or path.
        data: Folder.
        protocols: Their names.
        seeds: One run each.
        folds: None: the data have one split.
        options: Config values to override, by dotted name.
    """

    benchmark: str
    method: str
    config: str
    data: Path
    protocols: tuple[str, ...]
    seeds: tuple[int, ...]
    folds: Folds | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """For messages."""
        return f"{self.benchmark}, {self.method}"

    def runs(self) -> list[PlannedRun]:
        """Seed by seed, so that one seed of all folds is there early."""
        folds = self.folds.names if self.folds else (None,)
        return [PlannedRun(row=self, seed=seed, fold=fold) for seed in self.seeds for fold in folds]


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """One training and test to be done."""

    row: Row
    seed: int
    fold: str | None

    @property
    def name(self) -> str:
        """As that of its record."""
        return run_name(self.row.benchmark, self.row.method, self.fold, self.seed)


def read_spec(path: str | Path, *, need_data: bool = True) -> list[Row]:
    """Read and check a spec: ``rows``, each over ``defaults``; see ``docs/leaderboard.md``.

    Args:
        path: YAML.
        need_data: Whether the data folders must exist, which only who runs must know.

    Raises:
        FileNotFoundError: The spec, a config or a data folder does not exist.
        ValueError: Anything else that is wrong; the row and the key are named.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"spec {path} does not exist")
    content = read_yaml(path)
    content = _mapping(content, ("defaults", "rows"), str(path))
    defaults = _mapping(content.get("defaults") or {}, _ROW_KEYS, f"{path}, defaults")
    entries = content.get("rows")
    if not isinstance(entries, list) or not entries:
        raise ValueError(
            f"{path}: 'rows' must be a list with at least one row, but got {entries!r}"
        )
    rows = []
    for number, entry in enumerate(entries, start=1):
        where = f"{path}, row {number}"
        entry = {**defaults, **_mapping(entry, _ROW_KEYS, where)}
        if all(isinstance(entry.get(key), str) for key in ("benchmark", "method")):
            where += f" ({entry['benchmark']}, {entry['method']})"
        rows.append(_row(entry, where, need_data))
    _check_names(rows, path)
    return rows


def _row(entry: Mapping[str, Any], where: str, need_data: bool) -> Row:
    missing = [key for key in _NEEDED if entry.get(key) is None]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(missing)}")
    benchmark, method, config, data = (
        _text(entry[key], key, where) for key in ("benchmark", "method", "config", "data")
    )
    try:
        find_config(config)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{where}: {error}") from error
    options = entry.get("options") or {}
    if not isinstance(options, dict) or not all(isinstance(key, str) for key in options):
        raise ValueError(
            f"{where}: 'options' must be config values by dotted name, such as "
            f"optim_wrapper.optimizer.lr: 1.0e-4, but got {options!r}"
        )
    return Row(
        benchmark=benchmark,
        method=method,
        config=config,
        data=_folder(data, where) if need_data else Path(data),
        protocols=_protocols(entry["protocols"], where),
        seeds=_seeds(entry["seeds"], where),
        folds=None if entry.get("folds") is None else _folds(entry["folds"], where),
        options=options,
    )


def _protocols(value: Any, where: str) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise ValueError(f"{where}: 'protocols' must be names of protocols, but got {value!r}")
    for name in names:
        if name != OWN_PROTOCOL:
            try:
                find_protocol(name)
            except ValueError as error:
                raise ValueError(f"{where}: {error}") from error
    return _unique(names, "protocols", where)


def _seeds(value: Any, where: str) -> tuple[int, ...]:
    seeds = value if isinstance(value, list) else [value]
    rule = f"{where}: 'seeds' must be integers >= 0, or a range such as 0-4, but got {value!r}"
    if isinstance(value, str):
        seeds = [int(name) for name in _range(value, rule)]
    if not seeds or not all(type(seed) is int and seed >= 0 for seed in seeds):
        raise ValueError(rule)
    return _unique(seeds, "seeds", where)


def _folds(value: Any, where: str) -> Folds:
    where = f"{where}, folds"
    entry = _mapping(value, _FOLD_KEYS, where)
    kind = next((kind for kind in _FOLD_KINDS if kind[0] in entry), None)
    if kind is None or not set(entry) <= set(kind) or ("names" in kind and "names" not in entry):
        raise ValueError(
            f"{where} must be 'annotations' and 'names' (a file for each fold), 'leave_out' and "
            "'names' (recordings that each leaves out), or 'count' with or without 'group' and "
            f"'seed' (to be dealt out), but got {', '.join(entry) or 'nothing'}"
        )
    if kind[0] == "count":
        return _dealt_folds(entry, where)
    key, example = (
        kind[0],
        {"annotations": "annotations/loso_{fold}.json", "leave_out": "S{fold}_*"},
    )
    pattern = _text(entry[key], key, where)
    if "{fold}" not in pattern:
        raise ValueError(
            f"{where}: '{key}' must hold {{fold}}, such as {example[key]}, but got '{pattern}'"
        )
    names = entry["names"]
    rule = f"{where}: 'names' must be a list of names, or a range such as 0-29, but got {names!r}"
    if isinstance(names, str):
        names = _range(names, rule)
    if not isinstance(names, list) or not names or any(type(n) not in (int, str) for n in names):
        raise ValueError(rule)
    unique = _unique([str(name) for name in names], "names", where)
    if key == "annotations":
        return Folds(names=unique, annotations=pattern)
    return Folds(names=unique, leave_out=pattern)


def _dealt_folds(entry: Mapping[str, Any], where: str) -> Folds:
    count, group, seed = entry["count"], entry.get("group"), entry.get("seed", 0)
    if type(count) is not int or count < 2:
        raise ValueError(f"{where}: 'count' must be an integer >= 2, but got {count!r}")
    if type(seed) is not int or seed < 0:
        raise ValueError(f"{where}: 'seed' must be an integer >= 0, but got {seed!r}")
    if group is not None:
        try:
            re.compile(_text(group, "group", where))
        except re.error as error:
            raise ValueError(
                f"{where}: 'group' is no regular expression: {error}, in {group!r}"
            ) from error
    return Folds(names=tuple(map(str, range(count))), group=group, seed=seed)


def _range(text: str, rule: str) -> list[str]:
    match = re.fullmatch(r"(\d+)-(\d+)", text.strip())
    if not match or int(match[1]) > int(match[2]):
        raise ValueError(rule)
    return [str(number) for number in range(int(match[1]), int(match[2]) + 1)]


def _folder(text: str, where: str) -> Path:
    data = Path(os.path.expandvars(text)).expanduser()
    unset = re.findall(r"\$\{?(\w+)", str(data))
    if unset:
        raise ValueError(
            f"{where}: 'data' is '{text}', but the environment variable {unset[0]} is not set: "
            f"export {unset[0]}=<folder>"
        )
    if not data.is_dir():
        raise FileNotFoundError(f"{where}: the data folder {data} does not exist")
    return data.resolve()


def _mapping(value: Any, keys: Sequence[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be a mapping with {', '.join(keys)}, but got {value!r}")
    for key in value:
        if key not in keys:
            close = difflib.get_close_matches(str(key), keys, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(keys)}"
            raise ValueError(f"{where}: unknown key '{key}'; {hint}")
    return value


def _text(value: Any, key: str, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: '{key}' must be a text, but got {value!r}")
    return value


def _unique(values: Sequence[Any], key: str, where: str) -> tuple[Any, ...]:
    repeated = [value for index, value in enumerate(values) if value in values[:index]]
    if repeated:
        raise ValueError(f"{where}: '{key}' must be different, but {repeated[0]!r} is there twice")
    return tuple(values)


def _check_names(rows: Sequence[Row], path: str | Path) -> None:
    seen: dict[str, str] = {}
    for row in rows:
        for run in row.runs():
            if run.name in seen:
                raise ValueError(
                    f"{path}: two runs would have the name {run.name} (rows '{seen[run.name]}' "
                    f"and '{row.title}'): give methods or benchmarks names that differ"
                )
            seen[run.name] = row.title
