"""Store the score above which a trained model's detections are shown to people."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner

from mmtal.checkpoints.loading import notes_of
from mmtal.registry import HOOKS
from mmtal.runtime.detections import FALLBACK_SCORE_THR

_KEY = "operating_point"


@HOOKS.register_module()
class OperatingPointHook(Hook):
    """Save the threshold of best F1 that validation found with the weights it belongs to.

    The best checkpoint and the last one hold it under ``meta.operating_point``, as plain values of
    :class:`mmtal.evaluation.operating_point.OperatingPoint`. Testing changes no checkpoint.
    """

    priority = "HIGH"  # before CheckpointHook

    def __init__(self) -> None:
        self._validated: dict[str, Any] | None = None

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict[str, Any] | None = None
    ) -> None:
        self._validated = None  # a step makes other weights

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        points = [_point_of(metric) for metric in runner.val_evaluator.metrics]
        self._validated = next(filter(None, points), None)
        runner.message_hub.update_info(_KEY, self._validated)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        if self._validated is not None:
            checkpoint["meta"][_KEY] = self._validated

    def after_train(self, runner: Runner) -> None:
        """Save the last checkpoint again: MMEngine saved it before it was validated."""
        for hook in runner.hooks:
            if self._validated is None or not isinstance(hook, CheckpointHook):
                continue
            step = runner.epoch if hook.by_epoch else runner.iter
            if hook.last_ckpt and Path(hook.last_ckpt).name == hook.filename_tmpl.format(step):
                meta = dict(epoch=runner.epoch, iter=runner.iter)
                hook._save_checkpoint_with_step(runner, step, meta)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        runner.message_hub.update_info(_KEY, operating_point(checkpoint))


def operating_point(checkpoint: Any) -> dict[str, Any] | None:
    """What training found out about a checkpoint's weights; None: nothing."""
    return notes_of(checkpoint).get(_KEY)


def score_threshold(runner: Runner) -> float:
    """The threshold of the weights that the runner validated or loaded last."""
    point = runner.message_hub.get_info(_KEY)
    return FALLBACK_SCORE_THR if point is None else float(point["score_thr"])


def _point_of(metric: BaseMetric) -> dict[str, Any] | None:
    point = getattr(metric, _KEY, None)
    return None if point is None else asdict(point)
