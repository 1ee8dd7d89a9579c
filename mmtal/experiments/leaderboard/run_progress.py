"""What is told about runs while they go on, and at the end."""

import signal
import time
from collections.abc import Sequence
from pathlib import Path

from mmtal.experiments.leaderboard.measured import group_runs, measure, read_runs
from mmtal.experiments.leaderboard.record import Record, read_record
from mmtal.experiments.leaderboard.worker import ELSEWHERE, Job
from mmtal.utils.wording import counted

LAST_LINES = 4
"""Of the log of a failed run."""


class RunProgress:
    """One line for each run that ends.

    Args:
        total: Runs to be done.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.ended = 0
        self.done: list[Job] = []
        self.failed: list[tuple[Job, str]] = []
        self.elsewhere: list[Job] = []
        self._started = time.monotonic()

    def tell(self, job: Job, exit_code: int) -> None:
        """Count a run that ended, and print its line."""
        self.ended += 1
        name = job.run.name
        if exit_code == 0:
            self.done.append(job)
            text = figures_line(read_record(job.folders.record(job.run)))
        elif exit_code == ELSEWHERE:
            self.elsewhere.append(job)
            text = "another process is at it"
        else:
            self.failed.append((job, how_it_ended(exit_code)))
            text = f"FAILED ({how_it_ended(exit_code)}; {job.log})"
        left = (time.monotonic() - self._started) / self.ended * (self.total - self.ended)
        end = f"; about {duration(left)} left" if self.ended < self.total else ""
        width = len(str(self.total))
        print(f"[{self.ended:{width}}/{self.total}] {name}: {text}{end}", flush=True)

    def finish(self) -> None:
        """Print a summary.

        Raises:
            ValueError: Runs have failed.
        """
        print(
            f"{counted(len(self.done), 'run')} done in {duration(time.monotonic() - self._started)}"
        )
        for line in fold_lines(self.done):
            print(line)
        if self.elsewhere:
            print(f"{counted(len(self.elsewhere), 'run')} left to other processes")
        for job, how in self.failed:
            print(f"failed: {job.run.name} ({how}), {job.log} ends with")
            for line in last_lines(job.log):
                print(f"    {line}")
        if self.failed:
            raise ValueError(
                f"{counted(len(self.failed), 'run')} of {self.total} failed, see above; the same "
                "command does them again"
            )


def how_it_ended(exit_code: int) -> str:
    """Such as ``exit code 1``, or ``SIGKILL``, which may mean that memory ran out."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    name = signal.Signals(-exit_code).name
    return f"{name}, out of memory?" if name == "SIGKILL" else name


def figures_line(record: Record) -> str:
    """Main figure under each protocol, in percent, and the time."""
    parts = []
    for scores in record.scores.values():
        name = scores.get("main_metric", "mAP")
        value = scores["metrics"][name]
        parts.append(f"{name} " + ("-" if value is None else f"{100 * value:.2f}"))
    return f"{', '.join(parts)}; {duration(record.seconds['train'] + record.seconds['test'])}"


def fold_lines(jobs: Sequence[Job]) -> list[str]:
    """What folds give together, for each row of these jobs that has a seed with all its folds."""
    rows = {(job.run.row.benchmark, job.run.row.method) for job in jobs if job.run.fold is not None}
    if not rows:
        return []
    lines = []
    try:
        groups = group_runs(read_runs([jobs[0].folders.records]))
        measured = [measure(key, runs) for key, runs in groups.items() if (key[0], key[2]) in rows]
    except ValueError as error:
        return [f"folds are not put together: {error}"]
    for found in measured:
        lines += [
            f"{part.benchmark}, {part.method}, {part.how}: {part.main_metric} "
            + ", ".join(
                f"{100 * value:.2f} (seed {seed})"
                for seed, value in zip(part.seeds, part.metrics[part.main_metric], strict=True)
            )
            for part in found
        ]
    return lines


def duration(seconds: float) -> str:
    """Such as ``45 s``, ``12 min``, ``3.5 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def last_lines(log: Path) -> list[str]:
    """End of a log file; none if there is no file."""
    if not log.is_file():
        return []
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if line.strip()][-LAST_LINES:]
