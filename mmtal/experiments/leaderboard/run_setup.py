"""Prepare config, folds and data of a planned run."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.engine.config_check import check_key
from mmtal.engine.runner import load_config, main_metric
from mmtal.evaluation.protocols import EvaluationProtocol, choose_protocol, find_protocol
from mmtal.experiments.experiment import LOADERS, build_dataset, prepare_config
from mmtal.experiments.leaderboard.spec import OWN_PROTOCOL, Folds, PlannedRun, Row
from mmtal.preparation.importers.splitting import fold_databases
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_ground_truth
from mmtal.utils.errors import USER_ERRORS
from mmtal.utils.files import write_json

SHORT = 8
"""Digits of a hash in names of folders."""


@dataclass(frozen=True, kw_only=True)
class RunSetup:
    """What a run is made of.

    Attributes:
        config: As it is run, but for the work dir.
        config_text: See :class:`mmtal.experiments.leaderboard.record.Record`.
        config_sha256: Of that text.
        ann_file: Annotation file of the run.
        annotations_sha256: Of that file.
    """

    config: Config
    config_text: str
    config_sha256: str
    ann_file: Path
    annotations_sha256: str

    @property
    def key(self) -> str:
        """Differs where a training cannot go on from the checkpoint of another."""
        both = f"{self.config_sha256} {self.annotations_sha256}"
        return hashlib.sha256(both.encode()).hexdigest()[:SHORT]


def set_up(run: PlannedRun, folder: str | Path) -> RunSetup:
    """Find config and data; annotation files of folds that are dealt out go to ``folder``.

    ValueError: an option does not fit the config, or data are not there.
    """
    row = run.row
    try:
        config = _config(row, {}, run.seed)
        text = _text(config, row.folds)
        if row.folds is not None and run.fold is not None:
            place = fold_options(config, row.folds, run.fold, Path(folder))
            config = _config(row, place, run.seed)
    except USER_ERRORS as error:
        raise ValueError(f"{row.title}: {error}") from error
    dataset = config.test_dataloader.dataset
    ann_file = Path(dataset.data_root, dataset.ann_file)
    return RunSetup(
        config=config,
        config_text=text,
        config_sha256=hashlib.sha256(text.encode()).hexdigest(),
        ann_file=ann_file,
        annotations_sha256=file_sha256(ann_file),
    )


def check_options(row: Row) -> None:
    """Refuse (ValueError) options that nothing of the row's config would read."""
    dotted = [name for name in row.options if "." in name]
    if dotted:
        template = load_config(row.config)  # the data may need the options
        for name in dotted:
            try:
                check_key(template, name)
            except ValueError as error:
                raise ValueError(f"{row.title}: options: {error}") from error


def protocol_of(name: str, config: Config) -> EvaluationProtocol:
    """The protocol of that name, ``config`` being what the config's own evaluator does."""
    if name != OWN_PROTOCOL:
        return find_protocol(name)
    metric = main_metric(config.test_evaluator)
    names = ("tiou_thresholds", "label_handling", "recall_at", "tolerances")
    own = {key: metric.get(key) for key in names}
    protocol = choose_protocol(metric.get("protocol"), own)
    # whatever the data are, its rules hold
    return replace(protocol, name=OWN_PROTOCOL, videos=None, excluded=None, num_classes=None)


def read_truth(
    setup: RunSetup, protocols: Sequence[EvaluationProtocol]
) -> tuple[InstanceTable, list[str]]:
    """What protocols are to find in the recordings that a run tests, and the classes by label.

    ValueError: some are about events without duration and some are not.
    """
    points = {protocol.name: protocol.points is not None for protocol in protocols}
    if len(set(points.values())) > 1:
        raise ValueError(
            f"protocols must be all about events or all not, but got {', '.join(points)}"
        )
    subset = setup.config.test_dataloader.dataset.subset
    return read_ground_truth(setup.ann_file, subset, points=any(points.values()))


def check_protocols(run: PlannedRun, setup: RunSetup) -> None:
    """Refuse (ValueError) protocols that are not about the data of a run."""
    where = f"{run.row.title}{'' if run.fold is None else f', fold {run.fold}'}"
    protocols = [protocol_of(name, setup.config) for name in run.row.protocols]
    named = [protocol.name for protocol in protocols if not protocol.proposals]
    if named and main_metric(setup.config.test_evaluator).get("class_agnostic"):
        raise ValueError(
            f"{where}: the config evaluates without classes (class_agnostic), which protocol "
            f"{named[0]} does not: name the detections with external_scores, or take a protocol of "
            "proposals, such as activitynet13/proposals"
        )
    try:
        truth, classes = read_truth(setup, protocols)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    nothing = truth.select(np.zeros(len(truth), dtype=bool))
    for protocol in protocols:
        try:
            protocol.prepare(truth, nothing, classes, partial=run.fold is not None)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error


def feature_files(config: Config) -> list[Path]:
    """Feature files of training and test, each once; building the data sets checks them.

    ValueError: something is wrong with the data.
    """
    files = set()
    for loader in ("train_dataloader", "test_dataloader"):
        dataset = build_dataset(config, loader)
        for index in range(len(dataset)):
            files |= {Path(path) for path in dataset.get_data_info(index)["feat_paths"]}
    return sorted(files)


def hash_features(files: Sequence[Path]) -> str:
    """SHA-256 over the files' contents, in the order of their names (folder and file)."""
    digest = hashlib.sha256()
    for name, file in sorted(("/".join(file.parts[-2:]), file) for file in files):
        digest.update(f"{name} {file_sha256(file)}\n".encode())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _config(row: Row, place: Mapping[str, Any], seed: int) -> Config:
    return prepare_config(
        row.config, data_path=row.data, work_dir="", seed=seed, options={**row.options, **place}
    )


def _text(config: Config, folds: Folds | None) -> str:
    """The config as JSON, without what differs between runs of a row and between machines."""
    content = config.to_dict()
    place = content["train_dataloader"]["dataset"]
    root, ann_file = str(place["data_root"]), place["ann_file"]
    if folds is not None:
        ann_file = folds.describe(ann_file)
    for key in ("work_dir", "val_dataloader", "val_evaluator", "val_cfg", "visualizer"):
        content.pop(key, None)
    for name in LOADERS:
        for key in ("num_workers", "persistent_workers"):
            content.get(name, {}).pop(key, None)
        if name in content:
            content[name]["dataset"].update(data_root="", ann_file=ann_file)
            if folds is not None and folds.features is not None:
                content[name]["dataset"]["features"] = folds.features
    content.get("randomness", {}).pop("seed", None)
    text = json.dumps(content, indent=1, sort_keys=True, default=repr)
    return text.replace(json.dumps(root)[1:-1], "${DATA}")


Database = Mapping[str, Mapping[str, Any]]


def fold_options(config: Config, folds: Folds, fold: str, folder: Path) -> dict[str, str]:
    """Config values of a fold, by dotted name; its annotation file is made if it must be.

    FileNotFoundError: the fold's annotation file does not exist. ValueError: the recordings are not
    as the spec supposes.
    """
    place = config.train_dataloader.dataset
    if folds.annotations is not None:
        name = folds.annotations.replace("{fold}", fold)
        if not Path(place.data_root, name).is_file():
            raise FileNotFoundError(
                f"annotation file {Path(place.data_root, name)} of fold {fold} does not exist"
            )
        values = dict(ann_file=name)
        if folds.features is not None:
            values["features"] = folds.features.replace("{fold}", fold)
        return {
            f"{loader}.dataset.{key}": value for loader in LOADERS for key, value in values.items()
        }
    source = Path(place.data_root, place.ann_file)
    text = f"{folds.describe(source.name)} {fold}"
    key = hashlib.sha256(source.read_bytes() + text.encode()).hexdigest()[:8]
    path = (folder / f"{source.stem}-{key}-fold{fold}.json").resolve()
    if not path.is_file():
        database = AnnotationFile(source).database
        left_out = _left_out(database, folds, fold)
        subsets = {name: "validation" if name in left_out else "training" for name in database}
        parts = {name: {**entry, "subset": subsets[name]} for name, entry in database.items()}
        write_json(path, {"version": text, "database": parts})
    options = {f"{loader}.dataset.ann_file": str(path) for loader in LOADERS}
    for loader in LOADERS:
        subset = "training" if loader == "train_dataloader" else "validation"
        options[f"{loader}.dataset.subset"] = subset
    return options


def _left_out(database: Database, folds: Folds, fold: str) -> set[str]:
    if folds.leave_out is not None:
        return _named(database, folds, fold)
    grouped = {
        name: {**entry, "group": _group(folds, name, entry)} for name, entry in database.items()
    }
    subsets = sorted({str(entry["subset"]) for entry in database.values()})
    parts = fold_databases(grouped, len(folds.names), only=subsets, seed=folds.seed)
    part = parts[folds.names.index(fold)]
    return {name for name, entry in part.items() if entry["subset"] == "validation"}


def _named(database: Database, folds: Folds, fold: str) -> set[str]:
    """Recordings that this fold leaves out, and no other fold."""
    assert folds.leave_out is not None
    pattern = folds.leave_out.replace("{fold}", fold)
    names = {name for name in database if fnmatchcase(name, pattern)}
    if not names or len(names) == len(database):
        raise ValueError(
            f"'leave_out' of fold {fold}, '{pattern}', matches {len(names)} of "
            f"{len(database)} recordings, such as '{next(iter(database))}': it must match some"
        )
    for other in folds.names:
        shared = sorted(
            name
            for name in names
            if other != fold and fnmatchcase(name, folds.leave_out.replace("{fold}", other))
        )
        if shared:
            raise ValueError(
                f"'leave_out' '{folds.leave_out}' leaves recording '{shared[0]}' out of two "
                f"folds, {fold} and {other}"
            )
    return names


def _group(folds: Folds, name: str, entry: Mapping[str, Any]) -> Any:
    if folds.group is None:
        return entry.get("group")
    found = re.search(folds.group, name)
    if not found:
        raise ValueError(f"'group' {folds.group!r} finds nothing in recording '{name}'")
    return found[1] if found.groups() else found[0]
