"""Records of one method on one benchmark under one protocol, folds put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmtal.evaluation.average_precision import class_mean
from mmtal.evaluation.protocols import find_protocol, protocol_names
from mmtal.experiments.leaderboard.matches import RunMatches, has_matches, pool, read_matches
from mmtal.experiments.leaderboard.record import (
    MATCHES_SUFFIX,
    Record,
    find_records,
    read_record,
    recipe_of,
    run_name,
)
from mmtal.utils.wording import counted

Run = tuple[Path, Record]
"""The folder or pack that a record lies in, and the record."""
Key = tuple[str, str, str]
"""Benchmark, protocol, method."""
TOLERANCE = 1e-6
"""Between the mAP of a record and that of its matches."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the seeds of a method gave.

    Attributes:
        benchmark: As in the records, as is ``method``.
        protocol: Under which the figures are.
        method: Row of the table.
        how: What became of folds, such as ``30 folds pooled``; empty: the data have one split.
        main_metric: The protocol's.
        tiou_thresholds: The protocol's; of one of events its tolerances.
        seeds: Those whose folds are all there, ascending.
        metrics: Name to value of each seed.
        ap_per_class: Class to AP at each threshold, mean over the seeds.
        matches: Of each seed; empty where a run has none beside its record.
        runs: The records of all seeds.
        remarks: What the reader must know.
    """

    benchmark: str
    protocol: str
    method: str
    how: str
    main_metric: str
    tiou_thresholds: tuple[float, ...]
    seeds: tuple[int, ...]
    metrics: Mapping[str, tuple[float, ...]]
    ap_per_class: Mapping[str, tuple[float, ...]]
    matches: tuple[RunMatches, ...]
    runs: tuple[Run, ...]
    remarks: tuple[str, ...] = ()


def read_runs(folders: Sequence[str | Path]) -> list[Run]:
    """The records of several folders; a run that is recorded in two of them is an error."""
    runs: dict[str, Run] = {}
    for folder in map(Path, folders):
        paths = find_records(folder)
        if not paths:
            what = "is a file" if folder.is_file() else "does not exist"
            what = "holds none" if folder.is_dir() else what
            raise FileNotFoundError(f"folder of records {folder} {what}")
        for path in paths.values():
            record = read_record(path)
            if record.name in runs:
                raise ValueError(
                    f"{record.name} is recorded in {runs[record.name][0]} and in {folder}: "
                    "give one of them"
                )
            runs[record.name] = (path.parent, record)
    return list(runs.values())


def group_runs(runs: Sequence[Run]) -> dict[Key, list[Run]]:
    """Runs by benchmark, protocol and method; a run is in one group for each of its protocols."""
    groups: dict[Key, list[Run]] = {}
    for folder, record in runs:
        for protocol in record.scores:
            key = (record.benchmark, protocol, record.method)
            groups.setdefault(key, []).append((folder, record))
    return groups


def group_title(benchmark: str, protocol: str) -> str:
    """Both names, the benchmark's once."""
    return protocol if protocol.startswith(f"{benchmark}/") else f"{benchmark}, {protocol}"


def measure(key: Key, runs: Sequence[Run]) -> list[Measured]:
    """One entry; where there are folds two, of the folds pooled and of their average.

    ValueError: the runs are not of one recipe and one test set, or mix folds with none.
    """
    check_alike(key, runs)
    by_seed: dict[int, dict[str | None, Run]] = {}
    for folder, record in runs:
        by_seed.setdefault(record.seed, {})[record.fold] = (folder, record)
    folds = {fold for own in by_seed.values() for fold in own}
    complete, lacking = [], []
    for seed, own in sorted(by_seed.items()):
        missing = [str(fold) for fold in folds - set(own)]
        missing.sort(key=lambda fold: (int(fold), "") if fold.isdigit() else (-1, fold))
        if missing:
            lacking.append(
                f"seed {seed} is left out: {counted(len(missing), 'fold')} missing, such as "
                f"{run_name(key[0], key[2], missing[0], seed)}"
            )
        else:
            complete.append(list(own.values()))
    if not complete:
        return []
    matches, remarks = _matches(complete, key[1])
    stamps = [[record.scores[key[1]] for _, record in own] for own in complete]
    plain = Measured(
        benchmark=key[0],
        protocol=key[1],
        method=key[2],
        how="" if folds == {None} else f"{counted(len(folds), 'fold')} averaged",
        main_metric=str(stamps[0][0].get("main_metric", "mAP")),
        tiou_thresholds=_thresholds(stamps[0][0]),
        seeds=tuple(own[0][1].seed for own in complete),
        metrics={
            name: tuple(_mean(stamp["metrics"][name] for stamp in own) for own in stamps)
            for name in stamps[0][0]["metrics"]
        },
        ap_per_class={},
        matches=(),
        runs=tuple(runs),
        remarks=(*lacking, *remarks, *_partial(key[1], complete[0])),
    )
    if folds == {None}:
        per_class = _mean_ap_per_class([own[0]["ap_per_class"] for own in stamps])
        return [replace(plain, ap_per_class=per_class, matches=matches)]
    if not matches:
        return [plain]
    seeds = [part.figures() for part in matches]
    pooled = replace(
        plain,
        how=f"{counted(len(folds), 'fold')} pooled",
        metrics={name: tuple(float(found[name][0]) for found in seeds) for name in seeds[0]},
        ap_per_class=_mean_ap_per_class([_ap_per_class(part) for part in matches]),
        matches=matches,
    )
    return [pooled, plain]


def _thresholds(stamp: Mapping[str, Any]) -> tuple[float, ...]:
    return tuple(stamp["points"]["tolerances"] if "points" in stamp else stamp["tiou_thresholds"])


def check_alike(key: Key, runs: Sequence[Run]) -> None:
    """Raise ValueError unless the runs may be averaged: one recipe, one test set for each fold."""
    where = f"{key[0]}, {key[2]}"
    if len({record.fold is None for _, record in runs}) > 1:
        raise ValueError(f"{where}: some runs have a fold and some have none: they are not one row")
    recipes: dict[str, str] = {}
    lists: dict[tuple[str | None, str], str] = {}
    for _, record in runs:
        recipes.setdefault(recipe_of(record.config_text), record.name)
        stamp = record.scores[key[1]]
        lists.setdefault((record.fold, str(stamp.get("video_list_sha256"))), record.name)
    if len(recipes) > 1:
        raise ValueError(
            f"{where}: the runs {' and '.join(recipes.values())} have different configs "
            "(config_sha256), hence are not seeds of one method: name the methods differently, or "
            "run again what is out of date"
        )
    if len(lists) > len({fold for fold, _ in lists}):
        raise ValueError(
            f"{where}: the runs {' and '.join(lists.values())} were tested on different recordings "
            f"(video_list_sha256 under {key[1]}): they cannot be averaged"
        )


def _matches(
    complete: Sequence[Sequence[Run]], protocol: str
) -> tuple[tuple[RunMatches, ...], tuple[str, ...]]:
    """Of each seed, pooled; or none, and why."""
    if "mAP" not in complete[0][0][1].scores[protocol]["metrics"]:
        return (), ()  # segmentations, proposals: their figures are not made of matches
    parts = []
    for own in complete:
        paths = [record.matches_path(folder) for folder, record in own]
        if not all(has_matches(path, protocol) for path in paths):
            what = "not pooled, " if len(own) > 1 else ""
            return (), (f"records without *{MATCHES_SUFFIX} beside them: {what}not compared",)
        found = [_read_matches(*run, protocol) for run in own]
        if len(found) > 1 and not found[0].poolable:
            return (), (f"folds cannot be pooled under {protocol}",)
        parts.append(pool(found) if len(found) > 1 else found[0])
    return tuple(parts), ()


def _read_matches(folder: Path, record: Record, protocol: str) -> RunMatches:
    """Matches of a run, if they are those that its record was made with."""
    path = record.matches_path(folder)
    matches = read_matches(path, protocol)
    stated = record.scores[protocol]["metrics"].get("mAP")
    found = float(class_mean(matches.ap()).mean())
    if stated is not None and not abs(found - stated) <= TOLERANCE:
        raise ValueError(
            f"{path} is not of its record: mAP {100 * found:.4f} % under {protocol}, and "
            f"{100 * stated:.4f} % there; run it again"
        )
    return matches


def _partial(protocol: str, runs: Sequence[Run]) -> tuple[str, ...]:
    """Whether the folds together lack recordings of the protocol's list."""
    listed = find_protocol(protocol).video_ids if protocol in protocol_names() else None
    tested = sum(record.scores[protocol]["num_videos"] for _, record in runs)
    if listed is None or tested >= len(listed):
        return ()
    return (f"{tested} of the protocol's {counted(len(listed), 'recording')} only",)


def _ap_per_class(matches: RunMatches) -> dict[str, list[float]]:
    ap = matches.ap()[0]  # (T, K)
    return {
        name: ap[:, label].tolist()
        for label, name in enumerate(matches.class_names)
        if not np.isnan(ap[:, label]).any()
    }


def _mean_ap_per_class(
    seeds: Sequence[Mapping[str, Sequence[float]]],
) -> dict[str, tuple[float, ...]]:
    return {
        name: tuple(np.mean([seed[name] for seed in seeds], axis=0).tolist()) for name in seeds[0]
    }


def _mean(values: Iterable[float | None]) -> float:
    """NaN if a fold has nothing to find."""
    return float(np.mean([np.nan if value is None else value for value in values]))
