"""The config and the data of a planned run."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmtal.apis.experiment import LOADERS, build_dataset, prepare_config
from mmtal.apis.run import main_metric
from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.datasets.importers.splitting import fold_databases
from mmtal.evaluation.protocols import EvaluationProtocol, find_protocol
from mmtal.files import write_json
from mmtal.leaderboard.spec import OWN_PROTOCOL, Folds, PlannedRun, Row

SHORT = 8
"""Digits of a hash in names of folders."""


@dataclass(frozen=True, kw_only=True)
class RunSetup:
    """What a run is made of.

    Attributes:
        config: As it is run, but for the work dir.
        config_text: See :class:`mmtal.leaderboard.record.Record`.
        config_sha256: Of that text.
        ann_file: Annotation file of the run.
    """

    config: Config
    config_text: str
    config_sha256: str
    ann_file: Path


def set_up(run: PlannedRun, folder: str | Path) -> RunSetup:
    """Find config and data.

    Args:
        run: What is planned.
        folder: Where annotation files of folds that are dealt out are written.

    Raises:
        FileNotFoundError: Annotations or features are not there.
        ValueError: An option does not fit the config; see ``prepare_config``, too.
    """
    row = run.row
    try:
        config = _config(row, {}, run.seed)
        text = _text(config, row.folds)
        if row.folds is not None and run.fold is not None:
            ann_file = _fold_file(config, row.folds, run.fold, Path(folder))
            config = _config(row, _everywhere(ann_file), run.seed)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise type(error)(f"{row.title}: {error}") from error
    place = config.test_dataloader.dataset
    return RunSetup(
        config=config,
        config_text=text,
        config_sha256=hashlib.sha256(text.encode()).hexdigest(),
        ann_file=Path(place.data_root, place.ann_file),
    )


def protocol_of(name: str, config: Config) -> EvaluationProtocol:
    """The protocol of that name, ``config`` being what the config's own evaluator does."""
    if name != OWN_PROTOCOL:
        return find_protocol(name)
    metric = main_metric(config.test_evaluator)
    thresholds = metric["tiou_thresholds"]
    return EvaluationProtocol(
        name=OWN_PROTOCOL,
        description="As the config's test_evaluator.",
        source="the config",
        subset=config.test_dataloader.dataset.subset,
        tiou_thresholds=thresholds if isinstance(thresholds, str) else tuple(thresholds),
        label_handling=metric.get("protocol", "corrected"),
    )


def feature_files(config: Config) -> list[Path]:
    """Feature files of training and test, each once; building the data sets checks them.

    Raises:
        ValueError: Something is wrong with the data.
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
        row.config,
        data_path=row.data,
        work_dir="",
        seed=seed,
        options={**row.options, **place},
    )


def _everywhere(ann_file: str) -> dict[str, str]:
    return {f"{loader}.dataset.ann_file": ann_file for loader in LOADERS}


def _fold_file(config: Config, folds: Folds, fold: str, folder: Path) -> str:
    """Annotation file of a fold, below the data's root or absolute."""
    place = config.train_dataloader.dataset
    if folds.annotations is not None:
        name = folds.annotations.replace("{fold}", fold)
        if not Path(place.data_root, name).is_file():
            raise FileNotFoundError(
                f"annotation file {Path(place.data_root, name)} of fold {fold} does not exist"
            )
        return name
    source = Path(place.data_root, place.ann_file)
    key = hashlib.sha256(source.read_bytes() + _dealing(folds).encode()).hexdigest()[:SHORT]
    path = (folder / f"{source.stem}-{key}-fold{fold}.json").resolve()
    if not path.is_file():
        write_json(path, _dealt_out(source, folds, int(fold)))
    return str(path)


def _dealing(folds: Folds) -> str:
    return f"{len(folds.names)} folds by {folds.group or 'recording'}, seed {folds.seed}"


def _dealt_out(source: Path, folds: Folds, fold: int) -> dict[str, Any]:
    content = AnnotationFile(source)
    database = {}
    for name, entry in content.database.items():
        group = entry.get("group")
        if folds.group is not None:
            found = re.search(folds.group, name)
            if not found:
                raise ValueError(f"'group' {folds.group!r} finds nothing in recording '{name}'")
            group = found[1] if found.groups() else found[0]
        database[name] = {**entry, "group": group}
    subsets = sorted({str(entry["subset"]) for entry in database.values()})
    parts = fold_databases(database, len(folds.names), only=subsets, seed=folds.seed)
    return {"version": f"fold {fold} of {_dealing(folds)}", "database": parts[fold]}


def _text(config: Config, folds: Folds | None) -> str:
    """The config as JSON, without what differs between runs of a row and between machines."""
    content = config.to_dict()
    place = content["train_dataloader"]["dataset"]
    root, ann_file = str(place["data_root"]), place["ann_file"]
    if folds is not None:
        ann_file = folds.annotations or f"{_dealing(folds)} of {ann_file}"
    for key in ("work_dir", "val_dataloader", "val_evaluator", "val_cfg", "visualizer"):
        content.pop(key, None)
    for name in LOADERS:
        for key in ("num_workers", "persistent_workers"):
            content.get(name, {}).pop(key, None)
        if name in content:
            content[name]["dataset"].update(data_root="", ann_file=ann_file)
    content.get("randomness", {}).pop("seed", None)
    text = json.dumps(content, indent=1, sort_keys=True, default=repr)
    return text.replace(json.dumps(root)[1:-1], "${DATA}")
