"""Tables of measured, published and missing figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from mmtal.evaluation.protocols import need_no_classes
from mmtal.experiments.leaderboard.difference import Difference, compare_methods, resample_method
from mmtal.experiments.leaderboard.measured import (
    Key,
    Measured,
    Run,
    group_runs,
    group_title,
    measure,
)
from mmtal.experiments.leaderboard.published import PublishedFigure
from mmtal.experiments.leaderboard.record import run_name
from mmtal.experiments.leaderboard.spec import OWN_PROTOCOL
from mmtal.experiments.leaderboard.spec import Row as SpecRow
from mmtal.utils.wording import counted

Planned = tuple[str, SpecRow]
"""A row of a spec, and the spec's path."""
MANY_THRESHOLDS = 6
"""With more, only those that somebody published have a column."""
RUN = "mmtal leaderboard run"


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One row.

    Attributes:
        method: What it is called.
        measured: What our records say; None: published, or missing.
        published: What a source says; None: ours.
        missing: What to do to fill it or to complete it, one sentence each.
    """

    method: str
    measured: Measured | None = None
    published: PublishedFigure | None = None
    missing: tuple[str, ...] = ()

    def values(self, metric: str) -> tuple[float, ...]:
        """Of each seed; of a published figure one; none where the cell is empty."""
        if self.measured:
            return tuple(v for v in self.measured.metrics.get(metric, ()) if not np.isnan(v))
        if self.published and metric in self.published.metrics:
            return (self.published.metrics[metric],)
        return ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """One benchmark under one protocol.

    Attributes:
        benchmark: Its name.
        protocol: Its name.
        main_metric: What rows are sorted by.
        columns: Metrics.
        rows: Best first, then averages over folds, empty ones last.
        differences: Of every pair of methods whose detections can be compared.
    """

    benchmark: str
    protocol: str
    main_metric: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    differences: tuple[Difference, ...]

    @property
    def title(self) -> str:
        """See :func:`mmtal.experiments.leaderboard.measured.group_title`."""
        return group_title(self.benchmark, self.protocol)


def build_tables(
    runs: Sequence[Run], published: Sequence[PublishedFigure], planned: Sequence[Planned] = ()
) -> list[Table]:
    """All tables of runs, published figures and rows of specs; those with records come first."""
    groups = group_runs(runs)
    keys = {key[:2]: None for key in groups}
    keys |= {(row.benchmark, protocol): None for _, row in planned for protocol in row.protocols}
    covered = {protocol for _, protocol in keys}
    keys |= {(f.benchmark, f.protocol): None for f in published if f.protocol not in covered}
    tables = []
    for benchmark, protocol in keys:
        rows = _our_rows(benchmark, protocol, groups)
        own = [p for p in planned if p[1].benchmark == benchmark and protocol in p[1].protocols]
        rows = _with_planned(rows, own, groups, protocol)
        # those of all recordings are beside the benchmark that has them, not beside one of a part
        figures = [
            f for f in published
            if f.protocol == protocol
            and (benchmark == f.benchmark or (f.benchmark, protocol) not in keys)
        ]  # fmt: skip
        tables.append(_table(benchmark, protocol, _with_published(rows, figures), figures))
    order = list(dict.fromkeys(figure.benchmark for figure in published))
    return sorted(tables, key=lambda table: _rank(table, order))


def _our_rows(benchmark: str, protocol: str, groups: Mapping[Key, Sequence[Run]]) -> list[TableRow]:
    rows = []
    for key, runs in groups.items():
        if key[:2] == (benchmark, protocol):
            for one in measure(key, runs):
                rows.append(TableRow(method=key[2], measured=one, missing=one.remarks))
            if key[2] not in {row.method for row in rows}:
                rows.append(TableRow(method=key[2]))
    for (other, _, method), runs in groups.items():
        ours = {row.method for row in rows}
        # what has no classes can only be rated as proposals
        fits = need_no_classes([protocol]) or not need_no_classes(runs[0][1].scores)
        if other == benchmark and method not in ours and protocol != OWN_PROTOCOL and fits:
            rows.append(TableRow(method=method, missing=(_other_protocol(protocol, runs),)))
    return rows


def _with_planned(
    rows: Sequence[TableRow],
    planned: Sequence[Planned],
    groups: Mapping[Key, Sequence[Run]],
    protocol: str,
) -> list[TableRow]:
    found = list(rows)
    for path, plan in planned:
        runs = groups.get((plan.benchmark, protocol, plan.method), [])
        places = [i for i, row in enumerate(found) if row.method == plan.method]
        notes = _unfinished(plan, path, runs, begun=bool(places))
        for i in places:
            found[i] = replace(found[i], missing=(*found[i].missing, *notes))
        if not places:
            found.append(TableRow(method=plan.method, missing=notes))
    return found


def _with_published(rows: Sequence[TableRow], figures: Sequence[PublishedFigure]) -> list[TableRow]:
    found = list(rows)
    methods = {row.method for row in rows}
    configs = [run.config_file for row in rows if row.measured for _, run in row.measured.runs]
    for figure in figures:
        name = f"{figure.method}, {figure.features}"
        if figure.method in methods:
            name = figure.method
        ours = name in methods or any(_is_config(figure.config, named) for named in configs)
        missing = () if ours else (_no_record(figure),)
        found.append(TableRow(method=name, published=figure, missing=missing))
    return found


def _is_config(path: str | None, named: str) -> bool:
    """Whether a record names this config; a name alone stands for one of ActionFormer's."""
    if "/" not in named:
        named = f"actionformer/{named}"
    return path is not None and f"/{path}".endswith(f"/{named.removesuffix('.py')}.py")


def _table(
    benchmark: str, protocol: str, rows: list[TableRow], figures: Sequence[PublishedFigure]
) -> Table:
    main = next((row.measured.main_metric for row in rows if row.measured), None)
    if main is None:
        names = {name for figure in figures for name in figure.metrics}
        main = "mAP_N" if "mAP_N" in names and len(figures) > 1 else "mAP"
    rows.sort(key=lambda row: _place(row, main))
    return Table(
        benchmark=benchmark,
        protocol=protocol,
        main_metric=main,
        columns=_columns(rows, figures),
        rows=tuple(rows),
        differences=_differences([row.measured for row in rows if row.measured], main),
    )


def _place(row: TableRow, main: str) -> tuple[int, float]:
    """Best first; averages over folds, another kind of figure, after; empty ones last.

    Sorting is stable: at the same figure what is ours stays before what is published.
    """
    values = row.values(main)
    if not values:
        return 2, 0.0
    averaged = row.measured is not None and row.measured.how.endswith("averaged")
    return int(averaged), -float(np.mean(values))


def _columns(rows: Sequence[TableRow], figures: Sequence[PublishedFigure]) -> tuple[str, ...]:
    """mAP at thresholds, average mAP, and what else somebody published or the protocol adds."""
    published = dict.fromkeys(name for figure in figures for name in figure.metrics)
    ours = dict.fromkeys(name for row in rows if row.measured for name in row.measured.metrics)
    names = list(ours or published)
    thresholds = sorted(name for name in names if name.startswith("mAP@"))
    if len(thresholds) >= MANY_THRESHOLDS:
        thresholds = [name for name in thresholds if name in published] or thresholds
    averages = [name for name in names if "@" not in name]
    segmental = [name for name in names if name.startswith("f1@")]
    others = [name for name in names if name in published and "@" in name]
    return tuple(dict.fromkeys((*thresholds, *averages, *segmental, *others)))


def _differences(measured: Sequence[Measured], main: str) -> tuple[Difference, ...]:
    """Of all pairs, the better one first."""
    comparable = [one for one in measured if one.matches and main in ("mAP", "mAP_N")]
    draws = [resample_method(one.matches, normalized=main == "mAP_N") for one in comparable]
    lists = [sorted(one.matches[0].video_ids) for one in comparable]
    return tuple(
        compare_methods(
            (comparable[i].method, comparable[j].method),
            (comparable[i].metrics[main], comparable[j].metrics[main]),
            (draws[i], draws[j]),
            len(lists[i]),
        )
        for i, j in combinations(range(len(comparable)), 2)
        if lists[i] == lists[j]
    )


def _rank(table: Table, order: Sequence[str]) -> tuple[bool, int, str, str]:
    place = order.index(table.benchmark) if table.benchmark in order else len(order)
    empty = not any(row.measured for row in table.rows)
    return (empty, place, table.benchmark, table.protocol)


def _no_record(figure: PublishedFigure) -> str:
    """Published, but nothing of ours."""
    if figure.config is None:
        return "not measured here: mmtal has no such recipe"
    return (
        f"not measured here: needs the features {figure.features} from {figure.obtain}; then a row "
        f"with config {figure.config} and protocol {figure.protocol} in a spec, and "
        f"{RUN} SPEC.yaml"
    )


def _unfinished(row: SpecRow, spec: str, runs: Sequence[Run], *, begun: bool) -> tuple[str, ...]:
    """Planned; some runs are there, or none."""
    there = {record.name for _, record in runs}
    planned = row.runs()
    done = sum(run.name in there for run in planned)
    if begun and done == len(planned):
        return ()
    text = f"{done} of {counted(len(planned), 'run')} (seeds x folds) done"
    if not begun:
        text = f"none of {counted(len(planned), 'run')} is there"
    elif not row.folds:
        text = f"{done} of {counted(len(planned), 'seed')} run"
    names = run_name(row.benchmark, row.method, None, 0).removesuffix("seed0")
    return (f"{text}: {RUN} {spec} --only '{names}*'",)


def _other_protocol(protocol: str, runs: Sequence[Run]) -> str:
    """Run, but not evaluated under this protocol."""
    folder, record = runs[0]
    verb = "was" if len(runs) == 1 else "were"
    how = f"mmtal results eval {record.results_path(folder)} --protocol {protocol}"
    if record.fold is not None:  # one fold is not what a protocol is about
        how = f"with {protocol} among the row's protocols, {RUN} SPEC.yaml evaluates them"
    return (
        f"its {counted(len(runs), 'run')} {verb} evaluated under {', '.join(record.scores)} only; "
        f"their detections are kept: {how}"
    )
