"""Statistics of the training features, kept with the weights that were trained on them."""

from typing import Any

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from mmtal.checkpoints.loading import notes_of
from mmtal.datasets.feature_statistics import (
    Statistics,
    feature_statistics,
    give_statistics,
    waiting,
)
from mmtal.registry import HOOKS

_KEY = "feature_statistics"


@HOOKS.register_module()
class FeatureStatisticsHook(Hook):
    """Give ``Normalize(over="training")`` its values, and save them in every checkpoint.

    Training measures the training recordings; resuming and testing take what the checkpoint holds
    under ``meta.feature_statistics``, so that a model always sees what it was trained on.
    """

    priority = "HIGH"  # before pictures, which run pipelines

    def __init__(self) -> None:
        self._statistics: Statistics | None = None

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        starts_training = isinstance(runner._train_loop, BaseLoop) and not runner._resume
        if not starts_training:  # fine-tuning is on other data
            self._statistics = saved_statistics(checkpoint)

    def before_train(self, runner: Runner) -> None:
        training = runner.train_dataloader.dataset
        if self._statistics is None and waiting(_transforms(training)):
            found: list[Any] = [None]
            if is_main_process():
                loop: Any = runner.val_loop
                tested = training if loop is None else loop.dataloader.dataset
                found = [feature_statistics(training, _transforms(tested))]
            broadcast_object_list(found)
            self._statistics = found[0]
        self._give(training, runner)

    def before_val(self, runner: Runner) -> None:
        self._give(runner.val_dataloader.dataset, runner)

    def before_test(self, runner: Runner) -> None:
        self._give(runner.test_dataloader.dataset, runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        if self._statistics is not None:
            checkpoint["meta"][_KEY] = self._statistics

    def _give(self, dataset: Any, runner: Runner) -> None:
        source = f"checkpoint {runner._load_from}" if runner._load_from else "a model not trained"
        give_statistics(_transforms(dataset), self._statistics, source=source)


def _transforms(dataset: Any) -> list[Any]:
    """The pipeline of a data set; empty where it has none."""
    return list(getattr(getattr(dataset, "pipeline", None), "transforms", ()))


def saved_statistics(checkpoint: Any) -> Statistics | None:
    """Statistics of the features that a checkpoint's weights were trained on; None: not needed."""
    return notes_of(checkpoint).get(_KEY)
