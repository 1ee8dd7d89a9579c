"""Recall of class-agnostic proposals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmtal.evaluation.average_recall import average_recall
from mmtal.evaluation.metrics.instance_metric import InstanceMetric
from mmtal.evaluation.thresholds import Thresholds, tiou_grid
from mmtal.registry import METRICS
from mmtal.results.instance_table import without_duplicates


@METRICS.register_module()
class AverageRecall(InstanceMetric):
    """AR@AN, as ``tal/AR@10``, and the area under it, ``tal/AUC``, in [0, 1].

    Args:
        tiou_thresholds: A list, or ``"0.5:0.05:0.95"``.
        numbers: AN to report; the largest bounds the area.
        prefix: Replaces ``tal``.
    """

    def __init__(
        self,
        tiou_thresholds: Thresholds = "0.5:0.05:0.95",
        *,
        numbers: Sequence[int] = (1, 5, 10, 100),
        prefix: str | None = None,
    ) -> None:
        super().__init__(prefix=prefix)
        if not numbers or min(numbers) < 1:
            raise ValueError(f"numbers must be integers >= 1, but got {numbers}")
        tiou_grid(tiou_thresholds)
        self.tiou_thresholds = tiou_thresholds
        self.numbers = numbers

    def figures(self, results: list[dict[str, Any]]) -> dict[str, float]:
        truth, proposals = self.tables(results)
        at, recall, area = average_recall(
            without_duplicates(truth)[0],
            proposals,
            self.tiou_thresholds,
            max_proposals=max(self.numbers),
        )
        logged = {f"AR@{n}": float(np.interp(n, at, recall)) for n in self.numbers}
        logged["AUC"] = area
        text = ", ".join(f"{name} {100 * value:.2f}" for name, value in logged.items())
        print_log(f"proposals of {len(truth.video_ids)} recordings, %: {text}", "current")
        return logged
