"""Report runs as they end, and all of them at the end."""

import sys
import time
from collections.abc import Sequence

from mmtal.experiments.executor import Outcome
from mmtal.experiments.leaderboard.measured import group_runs, measure, read_runs
from mmtal.experiments.leaderboard.record import Record
from mmtal.experiments.leaderboard.single_run import RunJob
from mmtal.utils.wording import counted, duration


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
