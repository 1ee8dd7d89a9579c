"""Write the annotation file of each fold."""

import hashlib
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.experiments.experiment import LOADERS
from mmtal.experiments.leaderboard.spec import Folds
from mmtal.preparation.importers.splitting import fold_databases
from mmtal.utils.files import write_json

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
        return {f"{loader}.dataset.ann_file": name for loader in LOADERS}
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
