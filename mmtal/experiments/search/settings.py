"""Settings of a search, and the recordings that its trials are compared on, never the test set."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.engine.runner import main_metric
from mmtal.evaluation.protocols import find_protocol
from mmtal.experiments.experiment import build_dataset, prepare_config
from mmtal.experiments.search.space import DOTTED
from mmtal.preparation.importers.splitting import split_database
from mmtal.preparation.importers.writing import to_json
from mmtal.utils.files import write_text
from mmtal.utils.wording import counted

TRAINING, VALIDATION = "training", "validation"


@dataclass(frozen=True)
class Holdout:
    """Where a search trains and validates.

    Attributes:
        ann_file: Annotations of the training subset alone, split in two; None: the config's own
            validation set, which is not its test set.
        classes: Names by label, of the whole data set.
        num_training: Recordings.
        num_validation: Recordings.
        text: What was done, for people.
    """

    ann_file: str | None
    classes: Sequence[str]
    num_training: int
    num_validation: int
    text: str

    def apply(self, config: Config) -> None:
        """Point a config's data at it; the test set is no part of the config afterwards."""
        if self.ann_file is not None:
            loaders = ((config.train_dataloader, TRAINING), (config.val_dataloader, VALIDATION))
            for loader, subset in loaders:
                loader.dataset.update(
                    ann_file=self.ann_file, subset=subset, classes=list(self.classes)
                )
        config.test_dataloader = config.test_evaluator = config.test_cfg = None


def make_holdout(
    config: Config, folder: str | Path, *, share: float, seed: int, group: str | None = None
) -> Holdout:
    """Choose the recordings that trials are compared on.

    A config whose validation set is not its test set keeps it. In all others a ``share`` of the
    training recordings is held out, alike in its classes, groups of recordings together: those in
    whose names ``group`` finds the same, None: as the annotations say. ``folder`` gets
    ``holdout.json``; ``seed`` chooses between equal recordings. ValueError: the training set is too
    small, the share is no share, the pattern does not fit, the metric needs scores that the
    training recordings lack, or its protocol has no mAP.
    """
    if not 0 < share < 1:
        raise ValueError(f"--val-share must be > 0 and < 1, but got {share}")
    metric = main_metric(config.val_evaluator)
    protocol = metric.get("protocol")
    if protocol and find_protocol(protocol).proposals:
        raise ValueError(
            f"a search compares mAP, which protocol {protocol} does not have: choose one that "
            "does, such as --cfg-options val_evaluator.protocol=thumos14/official-212"
        )
    train = build_dataset(config, "train_dataloader")
    classes = list(train.metainfo["classes"])
    if _place(config, "val_dataloader") != _place(config, "test_dataloader"):
        validation = build_dataset(config, "val_dataloader")
        text = (
            f"trials train on {counted(len(train), 'recording')} and are compared on the config's "
            f"own validation set ({counted(len(validation), 'recording')}), which is not its test "
            "set"
        )
        return Holdout(None, classes, len(train), len(validation), text)
    if metric.get("external_scores"):
        raise ValueError(
            "the metric fuses external scores of the test recordings, which the training "
            "recordings lack: give the config a validation set of its own (another "
            "val_dataloader.dataset.subset than the test set's), or leave external_scores out"
        )
    place = config.train_dataloader.dataset
    file = Path(place.get("data_root", ""), place.ann_file)
    entries = AnnotationFile(file).database
    database = _grouped({name: entries[name] for name in train.metainfo["video_ids"]}, group)
    if len(database) < 2:
        raise ValueError(
            f"{file}, subset {place.subset}: at least 2 training recordings are needed to hold "
            f"some out, but there is {len(database)}"
        )
    same = {name: {**entry, "subset": TRAINING} for name, entry in database.items()}
    split = split_database(same, {TRAINING: 1 - share, VALIDATION: share}, seed=seed)
    path = Path(folder) / "holdout.json"
    write_text(path, to_json(split))
    held = [entry for entry in split.values() if entry["subset"] == VALIDATION]
    groups = sorted({str(entry["group"]) for entry in held if entry.get("group") is not None})
    number = len(split) - len(held)
    text = (
        f"of the {counted(len(split), 'training recording')}, trials train on {number} and are "
        f"compared on the other {len(held)}"
        + (f", those of {', '.join(groups)}" if groups else "")
        + f" ({path}); no recording of the test set is read"
    )
    return Holdout(str(path.resolve()), classes, number, len(held), text)


def _grouped(database: dict[str, Any], group: str | None) -> dict[str, Any]:
    if group is None:
        return database
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise ValueError(f"--group '{group}' is no pattern: {error}") from error
    if pattern.groups != 1:
        raise ValueError(f"--group '{group}' must have one group, such as '(S[0-9]+)_'")
    found = {name: pattern.search(name) for name in database}
    without = [name for name, match in found.items() if match is None]
    if without:
        raise ValueError(
            f"--group '{group}': {counted(len(without), 'recording')} have no group, such as "
            f"'{without[0]}'"
        )
    return {name: {**entry, "group": found[name][1]} for name, entry in database.items()}  # type: ignore[index]


def _place(config: Config, loader: str) -> tuple[Any, ...]:
    dataset = config[loader].dataset
    subset = dataset.subset
    names = [subset] if isinstance(subset, str) else list(subset)
    return dataset.ann_file, tuple(sorted(name.lower() for name in names))


VALIDATIONS = 5
"""Times that a trial is validated, at most; a trial can be stopped early at all but the last."""


@dataclass(frozen=True)
class SearchSettings:
    """Everything that the trials of a search share.

    Attributes:
        template: Name or path of the config that is varied.
        data_path: Folder that holds the data set.
        folder: Of the study.
        seed: Of the search, the holdout, and every trial's training.
        options: Fixed values by dotted name.
        classes: Names by label; None: the template's.
    """

    template: str
    data_path: str
    folder: Path
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    classes: Sequence[str] | None = None

    def config(self, values: Mapping[str, Any], work_dir: Path) -> Config:
        """The template with the values of a trial by key, on the whole training set.

        ValueError: the template does not train by epochs.
        """
        named = {key: value for key, value in values.items() if key in DOTTED}
        dotted = {key: value for key, value in values.items() if key not in DOTTED}
        config = prepare_config(
            self.template,
            data_path=self.data_path,
            work_dir=work_dir,
            seed=self.seed,
            options={**self.options, **dotted},
            data=dict(classes=self.classes),
            **named,
        )
        if not config.train_cfg.get("by_epoch", True) or "max_epochs" not in config.train_cfg:
            raise ValueError(
                "a search validates by epochs: train_cfg must have by_epoch=True and max_epochs, "
                f"but is {dict(config.train_cfg)}"
            )
        return config

    def trial_config(
        self, values: Mapping[str, Any], work_dir: Path, holdout: Holdout, *, loader_workers: int
    ) -> Config:
        """The config that a trial trains: validated a few times, nothing saved.

        At most ``loader_workers`` processes load its data.
        """
        config = self.config(values, work_dir)
        holdout.apply(config)
        epochs = config.train_cfg.max_epochs
        config.train_cfg.update(val_begin=1, val_interval=-(-epochs // VALIDATIONS))
        for loader in (config.train_dataloader, config.val_dataloader):
            loader.num_workers = min(loader.num_workers, loader_workers)
            loader.persistent_workers = loader.num_workers > 0
            loader.dataset.check_values = False  # they have been read once, before the first trial
        # nothing of a trial is used again but its figures
        config.default_hooks.update(checkpoint=None)
        config.visualizer.vis_backends = [dict(type="LocalVisBackend")]
        config.experiment_name = Path(work_dir).name
        return config


def progress_step(epoch: int, max_epochs: int) -> int:
    """Fifths of a training that are over: trials of different lengths are compared at equal ones.

    Learning rates fall over the whole of a training, so that equal epochs would favor short ones.
    """
    return VALIDATIONS * epoch // max_epochs
