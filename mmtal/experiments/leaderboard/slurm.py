"""Runs as an array of Slurm jobs."""

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mmtal.utils.files import write_text


def submit(
    names: Sequence[str],
    command: Sequence[str],
    folder: Path,
    *,
    at_once: int | None = None,
    slurm_args: str = "",
) -> str:
    """Submit one task of a job array for each run.

    A task starts ``mmtal leaderboard run`` for its run alone, in the folder that this process
    was started in and with its environment; it looks again whether the run is done or begun.

    Args:
        names: Of the runs.
        command: Arguments of ``mmtal leaderboard``, but for ``--only``.
        folder: For the script, the names and what the tasks print.
        at_once: Tasks that may run at a time; None: as many as Slurm lets.
        slurm_args: More arguments of ``sbatch``, such as ``--gres=gpu:1 --time=2:00:00``.

    Returns:
        What ``sbatch`` said.

    Raises:
        FileNotFoundError: There is no ``sbatch``.
        ValueError: It refused.
    """
    script = folder / "slurm.sh"
    tool = [sys.executable, "-m", "mmtal", "leaderboard", *command]
    throttle = "" if at_once is None else f"%{at_once}"
    # exec, so that Slurm's signals reach the tool itself
    write_text(
        script,
        f"""#!/bin/bash
#SBATCH --job-name=mmtal-leaderboard
#SBATCH --array=0-{len(names) - 1}{throttle}
#SBATCH --output={folder}/slurm-%A_%a.log
names=({shlex.join(names)})
exec {shlex.join(tool)} --only "${{names[SLURM_ARRAY_TASK_ID]}}"
""",
    )
    try:
        done = subprocess.run(
            ["sbatch", *shlex.split(slurm_args), str(script)],
            check=False,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as error:
        raise FileNotFoundError("--slurm needs sbatch, which is not on PATH") from error
    if done.returncode:
        raise ValueError(f"sbatch refused {script}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()
