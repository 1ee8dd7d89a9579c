"""Plan the runs of a spec: those done and those left."""

import difflib
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mmtal.config_files import resource_root
from mmtal.experiments.leaderboard.packs import find_records
from mmtal.experiments.leaderboard.record import read_record
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
