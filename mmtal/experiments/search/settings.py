"""Settings of a search, and configs of its trials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmtal.experiments.experiment import prepare_config
from mmtal.experiments.search.holdout import Holdout
from mmtal.experiments.search.space import DOTTED

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
    """

    template: str
    data_path: str
    folder: Path
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

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
