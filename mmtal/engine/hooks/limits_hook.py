"""Say where a limit on the number of detections was reached."""

import logging
from collections.abc import Sequence
from typing import Any

from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner

from mmtal.engine.hooks.operating_point_hook import score_threshold
from mmtal.models.localizers.limits import limits_warning
from mmtal.registry import HOOKS


@HOOKS.register_module()
class LimitsHook(Hook):
    """Warn after a test if ``max_per_video`` or ``pre_nms_topk`` cut off what would be shown."""

    def before_test_epoch(self, runner: Runner) -> None:
        self._reached: dict[str, dict[str, float]] = {}

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        for sample in outputs or ():
            if reached := getattr(sample, "limits_reached", None):
                self._reached[sample.video_id] = reached

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        reached = {k: v for part in all_gather_object(self._reached) for k, v in part.items()}
        text = limits_warning(
            reached, score_thr=score_threshold(runner), total=len(runner.test_dataloader.dataset)
        )
        if text:
            print_log(text, "current", logging.WARNING)
