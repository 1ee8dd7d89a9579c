"""Parse and validate leaderboard specs."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmtal.config_files import find_config
from mmtal.evaluation.protocols import find_protocol
from mmtal.experiments.leaderboard.record import run_name
from mmtal.utils.reading import reading
from mmtal.utils.yaml_files import read_yaml

MOST_FOLDS = 10_000

OWN_PROTOCOL = "config"
"""Name of the protocol that is what the config's own ``test_evaluator`` says."""

_ROW_KEYS = ("benchmark", "method", "config", "data", "protocols", "seeds", "folds", "options")
_NEEDED = _ROW_KEYS[:-2]
_FOLD_KINDS = (
    ("annotations", "names", "features"),
    ("leave_out", "names"),
    ("count", "group", "seed"),
)
_FOLD_KEYS = tuple(dict.fromkeys(key for kind in _FOLD_KINDS for key in kind))
_EXAMPLES = {"annotations": "annotations/loso_{fold}.json", "leave_out": "S{fold}_*"}
_RANGE = "or a range such as "


@dataclass(frozen=True, kw_only=True)
class Folds:
    """Parts that are left out of training in turn.

    Attributes:
        names: Of the folds.
        annotations: Annotation file of each, with ``{fold}`` in its name, below the data's root.
        features: Beside ``annotations``: folder of the features of each, likewise; None: all folds
            have the config's.
        leave_out: Name of the recordings that each leaves out, with ``{fold}`` in it and ``*`` for
            any text. Without this and ``annotations``, all recordings of the config's annotation
            file are dealt out to as many folds as there are names.
        group: Regular expression; recordings in whose name it finds the same (its first group, if
            it has one) stay together when they are dealt out. None: as the file says.
        seed: Of dealing out.
    """

    names: tuple[str, ...]
    annotations: str | None = None
    features: str | None = None
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
    """One method on one benchmark (data and their split), one run for each seed and fold.

    ``options`` are config values to override, by dotted name.
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

    Data folders must exist unless ``need_data`` is False: only who runs must know.
    FileNotFoundError or ValueError names the row and the key.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"spec {path} does not exist")
    content = _mapping(read_yaml(path), ("defaults", "rows"), str(path))
    defaults = _mapping(content.get("defaults") or {}, _ROW_KEYS, f"{path}, defaults")
    entries = content.get("rows")
    if not isinstance(entries, list) or not entries:
        raise ValueError(
            f"{path}: 'rows' must be a list with at least one row, but got {entries!r}"
        )
    rows = []
    seen: dict[str, str] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"{path}, row {number}"
        entry = {**defaults, **_mapping(entry, _ROW_KEYS, where)}
        if all(isinstance(entry.get(key), str) for key in ("benchmark", "method")):
            where += f" ({entry['benchmark']}, {entry['method']})"
        with reading(where, "cannot be used"):
            rows.append(_row(entry, where, need_data))
        for run in rows[-1].runs():
            if run.name in seen:
                raise ValueError(
                    f"{path}: two runs would have the name {run.name} (rows '{seen[run.name]}' "
                    f"and '{run.row.title}'): give methods or benchmarks names that differ"
                )
            seen[run.name] = run.row.title
    return rows


def _row(entry: Mapping[str, Any], where: str, need_data: bool) -> Row:
    missing = [key for key in _NEEDED if entry.get(key) is None]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(missing)}")
    for key in ("benchmark", "method", "config", "data"):
        _require_text(entry[key], key, where)
    try:
        find_config(entry["config"])
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{where}: {error}") from error
    options, folds = entry.get("options") or {}, entry.get("folds")
    by_name = isinstance(options, dict) and all(isinstance(key, str) for key in options)
    rule = "be config values by dotted name, such as optim_wrapper.optimizer.lr: 1.0e-4"
    _require(by_name, options, "options", rule, where)
    return Row(
        benchmark=entry["benchmark"],
        method=entry["method"],
        config=entry["config"],
        data=_folder(entry["data"], where) if need_data else Path(entry["data"]),
        protocols=_protocols(entry["protocols"], where),
        seeds=_listed(entry["seeds"], "seeds", _whole, f"integers >= 0, {_RANGE}0-4", where),
        folds=None if folds is None else _folds(folds, f"{where}, folds"),
        options=options,
    )


def _protocols(value: Any, where: str) -> tuple[str, ...]:
    names = _listed(value, "protocols", lambda n: type(n) is str, "names of protocols", where)
    try:
        for name in names:
            if name != OWN_PROTOCOL:
                find_protocol(name)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return names


def _folds(value: Any, where: str) -> Folds:
    entry = _mapping(value, _FOLD_KEYS, where)
    kind = next((kind for kind in _FOLD_KINDS if kind[0] in entry), ())
    if not kind or not set(entry) <= set(kind) or ("names" in kind and "names" not in entry):
        raise ValueError(
            f"{where} must be 'annotations' and 'names' (a file for each fold), 'leave_out' and "
            "'names' (recordings that each leaves out), or 'count' with or without 'group' and "
            f"'seed' (to be dealt out), but got {', '.join(entry) or 'nothing'}"
        )
    if kind[0] == "count":
        count, group, seed = entry["count"], entry.get("group"), entry.get("seed", 0)
        fits = _whole(count) and 1 < count <= MOST_FOLDS
        rule = f"be an integer >= 2 and <= {MOST_FOLDS}"
        _require(fits, count, "count", rule, where)
        _require(_whole(seed), seed, "seed", "be an integer >= 0", where)
        try:
            _require(
                group is None or (group and re.compile(group)), group, "group", "be a text", where
            )
        except (re.error, TypeError) as error:
            raise ValueError(
                f"{where}: 'group' is no regular expression: {error}, in {group!r}"
            ) from error
        return Folds(names=tuple(map(str, range(count))), group=group, seed=seed)
    pattern, names = entry[kind[0]], entry["names"]
    _require_text(pattern, kind[0], where)
    _require(
        "{fold}" in pattern, pattern, kind[0], f"hold {{fold}}, such as {_EXAMPLES[kind[0]]}", where
    )
    rule = f"a list of names, {_RANGE}0-29"
    _require(isinstance(names, list) or "-" in str(names), names, "names", f"be {rule}", where)
    names = _listed(names, "names", lambda n: type(n) in (int, str), rule, where, as_type=str)
    features = entry.get("features")
    if features is not None:
        rule = "be a folder with {fold} in its name, such as features_{fold}"
        _require("{fold}" in str(features), features, "features", rule, where)
    return Folds(names=names, **{kind[0]: pattern}, features=features)


def _listed(
    value: Any,
    key: str,
    fits: Callable[[Any], bool],
    rule: str,
    where: str,
    as_type: Callable[[Any], Any] = lambda value: value,
) -> tuple[Any, ...]:
    """A list, one value, or all numbers of a range such as 0-4; no value is there twice."""
    bounds = re.fullmatch(r"(\d{1,6})-(\d{1,6})", value.strip()) if isinstance(value, str) else None
    values = value if isinstance(value, list) else [value]
    if bounds:
        values = list(range(int(bounds[1]), int(bounds[2]) + 1))
    _require(bool(values) and all(map(fits, values)), value, key, f"be {rule}", where)
    values = [as_type(each) for each in values]
    repeated = [each for index, each in enumerate(values) if each in values[:index]]
    if repeated:
        raise ValueError(f"{where}: '{key}' must be different, but {repeated[0]!r} is there twice")
    return tuple(values)


def _whole(value: Any) -> bool:
    return type(value) is int and value >= 0


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


def _require_text(value: Any, key: str, where: str) -> None:
    _require(isinstance(value, str) and bool(value.strip()), value, key, "be a text", where)


def _require(fits: object, value: Any, key: str, rule: str, where: str) -> None:
    if not fits:
        raise ValueError(f"{where}: '{key}' must {rule}, but got {value!r}")
