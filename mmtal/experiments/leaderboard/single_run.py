"""Train, test and record one planned run."""

import gzip
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

import torch
from filelock import FileLock, Timeout
from mmengine.config import Config

from mmtal.checkpoints.latest import latest_checkpoint
from mmtal.experiments.experiment import evaluate_experiment, train_experiment, versions
from mmtal.experiments.leaderboard.matches import RunMatches, find_matches, write_matches
from mmtal.experiments.leaderboard.record import (
    Record,
    find_records,
    read_record,
    recipe_of,
    write_record,
)
from mmtal.experiments.leaderboard.run_setup import SHORT, RunSetup, protocol_of, read_truth, set_up
from mmtal.experiments.leaderboard.spec import PlannedRun
from mmtal.results.coverage import check_coverage
from mmtal.results.result_files import read_facts, read_results, video_list_sha256
from mmtal.utils.files import whole_file
from mmtal.utils.processor import peak_memory
from mmtal.utils.reading import read_file

CHECKPOINTS = 10
"""A training is saved so many times: what an interruption can cost, against writing."""


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Where runs leave what they make.

    Attributes:
        records: Records, detections and matches.
        work: A folder for each run: checkpoints and logs.
        keep_checkpoints: False: they are deleted once the record is there.
    """

    records: Path
    work: Path
    keep_checkpoints: bool = True

    def work_dir(self, run: PlannedRun, setup: RunSetup) -> Path:
        """The folder of a run; after a change of config or annotations it is another one."""
        return self.work / f"{run.name}-{setup.key}"

    @property
    def annotations(self) -> Path:
        """Annotation files of folds that were dealt out."""
        return self.work / "annotations"


Status = Literal["done", "unscored", "changed", "resumable", "open"]


@dataclass(frozen=True, kw_only=True)
class RunJob:
    """A planned run, where it stands, and what its process needs to know.

    Attributes:
        run: What to do.
        folders: Where things go.
        work_dir: Its own folder among them.
        status: ``done``: its record is there; ``unscored``: its record lacks a protocol, for
            which the detections are there; ``changed``: its record is of another config or other
            annotations; ``resumable``: it goes on from a checkpoint; ``open``: it starts from
            nothing.
        note: More to know, or empty.
        features_sha256: For the record, see :func:`hash_features`.
        git: For the record.
    """

    run: PlannedRun
    folders: Folders
    work_dir: Path
    status: Status
    note: str
    features_sha256: str = ""
    git: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """That of the run."""
        return self.run.name

    @property
    def log(self) -> Path:
        """File for all that is printed."""
        return self.work_dir / "run.log"


def execute(job: RunJob) -> Record | None:
    """Do a run, or resume it, and write its record last; None: another process is doing it."""
    run, folders = job.run, job.folders
    setup = set_up(run, folders.annotations)
    job.work_dir.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(job.work_dir / ".lock", timeout=0):
            path = find_records(folders.records).get(run.name)
            if path is None or outdated(record := read_record(path), setup):
                return _train(job, setup)
            if missing_protocols(record, run):
                return _score_again(record, path.parent, run, setup, folders)
            return record  # finished since this one was planned
    except Timeout:
        return None


def outdated(record: Record, setup: RunSetup) -> str:
    """What has changed since a record was made; empty: nothing."""
    if recipe_of(record.config_text) != recipe_of(setup.config_text):
        return (
            f"config {record.config_sha256[:SHORT]} in the record, "
            f"{setup.config_sha256[:SHORT]} now"
        )
    if record.data["annotations_sha256"] != setup.annotations_sha256:
        return "other annotations than in the record"
    return ""


def missing_protocols(record: Record, run: PlannedRun) -> list[str]:
    """Protocols of the spec that a record lacks."""
    return [name for name in run.row.protocols if name not in record.scores]


def _score_again(
    record: Record, place: Path, run: PlannedRun, setup: RunSetup, folders: Folders
) -> Record:
    """Write the record again; that of a packed run becomes a file of its own, with all others."""
    scores, matches, _ = _score(run, setup, record.results_path(place))
    if place != folders.records:
        with whole_file(record.results_path(folders.records)) as temporary:
            temporary.write_bytes(read_file(record.results_path(place)))
    write_matches(record.matches_path(folders.records), matches)
    record = replace(record, scores=scores)
    write_record(folders.records, record)
    return record


def _train(job: RunJob, setup: RunSetup) -> Record:
    # Formatting the config's text takes as long as an epoch of a small run, for each checkpoint.
    config = Config(setup.config.to_dict(), format_python_code=False)
    config.work_dir = str(job.work_dir)
    _leave_out_extras(config)
    start_epoch = resumable_epoch(job.work_dir)
    started = time.monotonic()
    train_experiment(config, resume=start_epoch is not None)
    trained = time.monotonic()
    evaluate_experiment(config)
    seconds = dict(train=trained - started, test=time.monotonic() - trained)
    if start_epoch is not None:
        seconds["resumed_at_epoch"] = start_epoch
    record = _record(job, setup, seconds)
    write_record(job.folders.records, record)
    if not job.folders.keep_checkpoints:
        for checkpoint in (*job.work_dir.glob("*.pth"), job.work_dir / "last_checkpoint"):
            checkpoint.unlink(missing_ok=True)
    return record


def resumable_epoch(work_dir: Path) -> int | None:
    """Epoch that a run can go on from; None: it starts from nothing."""
    checkpoint = latest_checkpoint(work_dir)
    return None if checkpoint is None else int(checkpoint.stem.removeprefix("epoch_"))


def _leave_out_extras(config: Config) -> None:
    """Nothing that does not change the figures: validations, boards, a checkpoint per epoch."""
    epochs = config.train_cfg.max_epochs
    for name in ("val_cfg", "val_dataloader", "val_evaluator"):
        config[name] = None
    checkpoint = config.default_hooks.checkpoint
    checkpoint.interval = max(checkpoint.get("interval", 1), epochs // CHECKPOINTS)
    checkpoint.max_keep_ckpts = 2  # one is whole while another is written
    checkpoint.save_best = None
    config.visualizer = dict(type="Visualizer", vis_backends=[dict(type="LocalVisBackend")])
    for name in ("train_dataloader", "test_dataloader"):
        loader = config[name]
        # one core trains
        loader.num_workers = min(loader.get("num_workers", 0), torch.get_num_threads() - 1)


def _record(job: RunJob, setup: RunSetup, seconds: Mapping[str, float]) -> Record:
    run, folder, results = job.run, job.folders.records, job.work_dir / "results.json"
    scores, matches, video_ids = _score(run, setup, results)
    config_file = Path(run.row.config)
    record = Record(
        benchmark=run.row.benchmark,
        method=run.row.method,
        seed=run.seed,
        fold=run.fold,
        # a place on this machine means nothing on others
        config_file=config_file.name if config_file.is_absolute() else run.row.config,
        config_text=setup.config_text,
        config_sha256=setup.config_sha256,
        data=dict(
            annotations_sha256=setup.annotations_sha256,
            features_sha256=job.features_sha256,
            video_list_sha256=video_list_sha256(video_ids),
            num_videos=len(video_ids),
        ),
        git=job.git,
        versions=versions(),
        device=_device(),
        seconds={name: round(value, 3) for name, value in seconds.items()},
        peak_memory=_peak_memory(),
        scores=scores,
        finished=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    with (
        whole_file(record.results_path(folder)) as temporary,
        results.open("rb") as source,
        # without name and time: equal detections are equal files
        temporary.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as target,
    ):
        shutil.copyfileobj(source, target)
    write_matches(record.matches_path(folder), matches)
    return record


def _score(
    run: PlannedRun, setup: RunSetup, results: Path
) -> tuple[dict[str, dict[str, Any]], list[RunMatches], tuple[str, ...]]:
    """Scores of a results file under each protocol of the spec, matches, and the recordings."""
    protocols = [protocol_of(name, setup.config) for name in run.row.protocols]
    truth, classes = read_truth(setup, protocols)
    subset = setup.config.test_dataloader.dataset.subset
    durations, rates = (read_facts(setup.ann_file, subset, name) for name in ("duration", "fps"))
    agnostic = all(protocol.proposals for protocol in protocols)
    detections = read_results(results, classes, class_agnostic=agnostic)
    check_coverage(
        detections.video_ids, truth.video_ids, detections=len(detections), source=results
    )
    known: dict[str, Any] = dict(partial=run.fold is not None, durations=durations, rates=rates)
    return (
        {p.name: p.evaluate(truth, detections, classes, **known) for p in protocols},
        [find_matches(p, truth, detections, classes) for p in protocols if p.has_matches],
        truth.video_ids,
    )


def _device() -> str:
    if torch.cuda.is_available():
        tf32 = ", TF32 matrix products" if torch.backends.cuda.matmul.allow_tf32 else ""
        return f"{torch.cuda.get_device_name()}{tf32}"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'' if threads == 1 else 's'}"


def _peak_memory() -> dict[str, float]:
    memory = {"ram_mib": peak_memory() / 2**20}
    if torch.cuda.is_available():
        memory["gpu_mib"] = torch.cuda.max_memory_allocated() / 2**20
    return {name: round(value, 1) for name, value in memory.items()}
