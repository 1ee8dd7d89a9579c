"""List the commands that fill empty and incomplete cells of a table."""

from collections.abc import Mapping, Sequence

from mmtal.experiments.leaderboard.measured import Run
from mmtal.experiments.leaderboard.published import PublishedFigure
from mmtal.experiments.leaderboard.record import run_name
from mmtal.experiments.leaderboard.spec import Row
from mmtal.utils.wording import counted

RUN = "mmtal leaderboard run"


def no_record(figure: PublishedFigure) -> str:
    """Published, but nothing of ours."""
    if figure.config is None:
        return "not measured here: mmtal has no such recipe"
    return (
        f"not measured here: needs the features {figure.features} from {figure.obtain}; then a row "
        f"with config {figure.config} and protocol {figure.protocol} in a spec, and "
        f"{RUN} SPEC.yaml"
    )


def not_run(row: Row, spec: str) -> str:
    """Planned, but none of its runs is there."""
    return f"none of {counted(len(row.runs()), 'run')} is there: {_command(row, spec)}"


def unfinished(row: Row, spec: str, runs: Sequence[Run]) -> list[str]:
    """Planned; some runs are there."""
    there = {record.name for _, record in runs}
    planned = row.runs()
    if all(run.name in there for run in planned):
        return []
    if row.folds:
        done = sum(run.name in there for run in planned)
        text = f"{done} of {counted(len(planned), 'run')} (seeds x folds) done"
    else:
        text = f"{sum(run.name in there for run in planned)} of {counted(len(planned), 'seed')} run"
    return [f"{text}: {_command(row, spec)}"]


def _command(row: Row, spec: str) -> str:
    names = run_name(row.benchmark, row.method, None, 0).removesuffix("seed0")
    return f"{RUN} {spec} --only '{names}*'"


def lacking_folds(runs: Sequence[Run], incomplete: Mapping[int, tuple[str, ...]]) -> list[str]:
    """Seeds that are left out because folds of theirs are missing."""
    record = runs[0][1]
    return [
        f"seed {seed} is left out: {counted(len(folds), 'fold')} missing, such as "
        f"{run_name(record.benchmark, record.method, folds[0], seed)}"
        for seed, folds in incomplete.items()
    ]


def other_protocol(protocol: str, runs: Sequence[Run]) -> str:
    """Run, but not evaluated under this protocol."""
    folder, record = runs[0]
    return (
        f"its {counted(len(runs), 'run')} were evaluated under {', '.join(record.scores)} only; "
        f"their detections are kept: mmtal results eval {record.results_path(folder)} "
        f"--protocol {protocol}"
    )
