"""A metric. N ground truth, M predictions."""

from typing import Any

from mmengine.evaluator import BaseMetric

from mmtal.registry import METRICS
from mmtal.structures import pairwise_tiou


@METRICS.register_module()
class MyComponent(BaseMetric):
    """How well the best prediction, of any class, covers each instance: mean tIoU, in [0, 1]."""

    default_prefix = "tal"

    def process(self, data_batch: Any, data_samples: list[dict[str, Any]]) -> None:
        """Append one result per recording, as MMEngine expects."""
        for sample in data_samples:
            instances, predictions = sample["gt_instances"], sample["pred_instances"]
            tiou = pairwise_tiou(instances["segments"], predictions["segments"])  # (N, M)
            best = tiou.amax(1) if tiou.shape[1] else tiou.new_zeros(len(tiou))
            self.results.append(best.tolist())

    def compute_metrics(self, results: list[list[float]]) -> dict[str, float]:
        """The mean over all instances; 0 where there are none."""
        overlaps = [overlap for recording in results for overlap in recording]
        return {"my_component": sum(overlaps) / max(1, len(overlaps))}
