"""Train and test what a spec lists, one record for each run.

Finished runs are not done again, interrupted ones go on from their last checkpoint.
"""

import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmtal.cli.options import shared
from mmtal.utils.wording import counted

if TYPE_CHECKING:
    from mmtal.experiments.leaderboard.single_run import Folders, RunJob

INTERRUPTED = "the same command goes on"
SHOWN = 3

ARGUMENTS = {
    "spec": "YAML, see docs/leaderboard.md",
    "--records": dict(
        metavar="DIR", help="for the records (default: the spec's path without .yaml)",
    ),
    "--work-dir": "default: work_dirs/leaderboard/<name of the spec>",
    **shared("--only"),
    "--dry-run": dict(action="store_true", help="list the runs and do nothing"),
    "--workers": "spread over the GPUs; default: one per GPU; Slurm: no limit",
    **shared("--slurm", "--slurm-args"),
    "--redo": dict(
        action="store_true", help="replace records whose config or annotations are not the spec's",
    ),
    "--drop-checkpoints": dict(action="store_true", help="delete those of finished runs"),
}  # fmt: skip


def run(args: Namespace) -> int:
    from mmtal.experiments.executor import run_jobs, submit_array
    from mmtal.experiments.leaderboard.plan import (
        add_hashes,
        choose,
        conclude,
        make_plan,
        outcome_text,
    )
    from mmtal.experiments.leaderboard.single_run import Folders, execute
    from mmtal.experiments.leaderboard.spec import read_spec

    if args.slurm_args and not args.slurm:
        raise ValueError("--slurm-args does nothing without --slurm")
    if args.workers is not None and args.workers < 1:
        raise ValueError(f"--workers must be >= 1, but got {args.workers}")
    spec = Path(args.spec)
    folders = Folders(
        records=Path(args.records) if args.records else spec.with_suffix(""),
        work=Path(args.work_dir or Path("work_dirs", "leaderboard", spec.stem)).resolve(),
        keep_checkpoints=not args.drop_checkpoints,
    )
    folders = replace(folders, records=folders.records.resolve())
    plan = make_plan(choose(read_spec(spec), args.only), folders)
    if args.dry_run:
        for job in plan:
            print(f"{job.status:9} {job.name}" + (f" ({job.note})" if job.note else ""))
        print(_counts(plan))
        return 0
    todo = _todo(plan, redo=args.redo)
    if todo and args.slurm:
        names = [job.name for job in todo]
        task = _task(args, folders)
        submitted = submit_array(
            names, task, folders.work, at_once=args.workers, slurm_args=args.slurm_args
        )
        print(submitted)
    elif todo:
        jobs, started = add_hashes(todo), time.monotonic()
        outcomes = run_jobs(execute, jobs, outcome_text, total=len(jobs), workers=args.workers)
        return conclude(outcomes, started)
    return 0


def _task(args: Namespace, folders: "Folders") -> list[str]:
    """The command of one Slurm task, but for the name of its run."""
    command = [sys.executable, "-m", "mmtal", "leaderboard", "run"]
    command += [str(Path(args.spec).resolve()), "--workers", "1"]
    command += ["--records", str(folders.records), "--work-dir", str(folders.work)]
    command += ["--redo"] if args.redo else []
    command += ["--drop-checkpoints"] if args.drop_checkpoints else []
    return [*command, "--only="]


def _counts(plan: Sequence["RunJob"]) -> str:
    counts = Counter(job.status for job in plan)
    parts = ", ".join(f"{number} {status}" for status, number in counts.items())
    return f"{counted(len(plan), 'run')}: {parts}"


def _todo(plan: Sequence["RunJob"], *, redo: bool) -> list["RunJob"]:
    changed = [job for job in plan if job.status == "changed"]
    if changed and not redo:
        shown = "; ".join(f"{e.name} ({e.note})" for e in changed[:SHOWN])
        more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        raise ValueError(
            f"{counted(len(changed), 'record')} not of what the spec says now: {shown}"
            f"{more}. --redo replaces them; --records takes another folder"
        )
    print(_counts(plan), flush=True)
    return [job for job in plan if job.status != "done"]
