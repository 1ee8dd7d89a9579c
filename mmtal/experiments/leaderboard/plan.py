"""Plan the runs of a spec, and report on them as they end."""

import difflib
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mmtal.config_files import resource_root
from mmtal.experiments.executor import Outcome
from mmtal.experiments.leaderboard.measured import group_runs, measure, read_runs
from mmtal.experiments.leaderboard.record import Record, find_records, read_record
from mmtal.experiments.leaderboard.run_setup import (
    RunSetup,
    check_options,
    check_protocols,
    feature_files,
    hash_features,
    set_up,
)
from mmtal.experiments.leaderboard.single_run import (
    Folders,
    RunJob,
    Status,
    missing_protocols,
    outdated,
    resumable_epoch,
)
from mmtal.experiments.leaderboard.spec import PlannedRun, Row
from mmtal.utils.wording import counted, duration


def choose(rows: Sequence[Row], patterns: Sequence[str]) -> list[PlannedRun]:
    """Runs whose names match one of the patterns (all without one), in the order of the spec.

    ValueError: a pattern matches nothing.
    """
    runs = [run for row in rows for run in row.runs()]
    names = [run.name for run in runs]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            close = difflib.get_close_matches(pattern, names, n=2) or names[:2]
            raise ValueError(
                f"--only '{pattern}' matches none of the {len(names)} runs, such as "
                f"{' or '.join(close)}: give a name, with * for any text"
            )
    if not patterns:
        return runs
    return [run for run in runs if any(fnmatchcase(run.name, pattern) for pattern in patterns)]


def make_plan(runs: Sequence[PlannedRun], folders: Folders) -> list[RunJob]:
    """Check config, annotations and protocols of every run, and look up what there is of it.

    ValueError: a config cannot be made as the spec wants it, data are missing or not those of a
    protocol, or a record cannot be read.
    """
    setups: dict[tuple[str, str | None], RunSetup] = {}
    records = find_records(folders.records)
    jobs = []
    for run in runs:
        key = (run.row.title, run.fold)
        if run.row.title not in {title for title, _ in setups}:
            check_options(run.row)
        if key not in setups:  # seeds need no look of their own
            setups[key] = set_up(run, folders.annotations)
            check_protocols(run, setups[key])
        work_dir = folders.work_dir(run, setups[key])
        status, note = _status(run, setups[key], work_dir, records.get(run.name))
        jobs.append(RunJob(run=run, folders=folders, work_dir=work_dir, status=status, note=note))
    return jobs


def _status(
    run: PlannedRun, setup: RunSetup, work_dir: Path, path: Path | None
) -> tuple[Status, str]:
    if path is not None:
        record = read_record(path)
        if change := outdated(record, setup):
            return "changed", change
        missing = missing_protocols(record, run)
        return ("unscored", f"lacks {', '.join(missing)}") if missing else ("done", "")
    epoch = resumable_epoch(work_dir)
    return ("open", "") if epoch is None else ("resumable", f"after epoch {epoch}")


def add_hashes(jobs: Sequence[RunJob]) -> list[RunJob]:
    """Jobs with what their records say of features and code; checks each data set once.

    ValueError: something is wrong with a data set.
    """
    git = git_state()
    by_row: dict[str, str] = {}
    by_files: dict[tuple[Path, ...], str] = {}
    for job in jobs:
        title = job.run.row.title
        if title not in by_row:
            try:
                files = tuple(feature_files(set_up(job.run, job.folders.annotations).config))
            except ValueError as error:
                raise ValueError(f"{title}: {error}") from error
            if files not in by_files:
                by_files[files] = hash_features(files)
            by_row[title] = by_files[files]
    return [replace(job, git=git, features_sha256=by_row[job.run.row.title]) for job in jobs]


def git_state() -> dict[str, Any]:
    """``commit`` and ``dirty`` of the code that runs; empty if it is no checkout."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(resource_root()), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")) != resource_root():
            return {}  # some other repository that holds an environment with this package
        changes = git("status", "--porcelain", "--untracked-files=no")
        return dict(commit=git("rev-parse", "HEAD"), dirty=bool(changes))
    except (OSError, subprocess.CalledProcessError):
        return {}


def outcome_text(outcome: Outcome[RunJob]) -> str:
    """Main figures of a run that ended, or why there are none."""
    if outcome.error:
        return outcome.failure
    record: Record | None = outcome.value
    if record is None:
        return "left to another process, which is doing it"
    parts = []
    for scores in record.scores.values():
        name = scores.get("main_metric", "mAP")
        value = scores["metrics"][name]
        parts.append(f"{name} " + ("-" if value is None else f"{100 * value:.2f}"))
    return f"{', '.join(parts)}; {duration(record.seconds['train'] + record.seconds['test'])}"


def conclude(outcomes: Sequence[Outcome[RunJob]], started: float) -> int:
    """Print a summary of all runs; the exit code: 1 if runs have failed.

    ``started`` is when the first began, by ``time.monotonic``.
    """
    done = [outcome.job for outcome in outcomes if outcome.value is not None]
    print(f"{counted(len(done), 'run')} done in {duration(time.monotonic() - started)}")
    for line in _fold_lines(done):
        print(line)
    failed = [outcome for outcome in outcomes if outcome.error]
    elsewhere = len(outcomes) - len(done) - len(failed)
    if elsewhere:
        print(f"{counted(elsewhere, 'run')} left to other processes")
    for outcome in failed:
        print(f"{outcome.job.name}: {outcome.failure}")
    if failed:
        print(
            f"error: {counted(len(failed), 'run')} of {len(outcomes)} failed, see above; the same "
            "command does them again",
            file=sys.stderr,
        )
    return int(bool(failed))


def _fold_lines(jobs: Sequence[RunJob]) -> list[str]:
    """Figures over all folds, for each row of these jobs that has a seed with all its folds."""
    rows = {(job.run.row.benchmark, job.run.row.method) for job in jobs if job.run.fold is not None}
    if not rows:
        return []
    try:
        groups = group_runs(read_runs([jobs[0].folders.records]))
        measured = [measure(key, runs) for key, runs in groups.items() if (key[0], key[2]) in rows]
    except ValueError as error:
        return [f"folds are not put together: {error}"]
    return [
        f"{part.benchmark}, {part.method}, {part.how}: {part.main_metric} "
        + ", ".join(
            f"{100 * value:.2f} (seed {seed})"
            for seed, value in zip(part.seeds, part.metrics[part.main_metric], strict=True)
        )
        for found in measured
        for part in found
    ]
