"""Base of the metrics: collect the instances of each recording exactly once."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from mmtal.results.instance_table import InstanceTable


class InstanceMetric(BaseMetric):
    """Collects ground truth and predictions as NumPy arrays."""

    default_prefix = "tal"

    def __init__(self, *, prefix: str | None = None) -> None:
        super().__init__(collect_device="cpu", prefix=prefix)

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep what evaluation needs of each recording."""
        for sample in data_samples:
            truth, predicted = sample["gt_instances"], sample["pred_instances"]
            self.results.append(
                dict(
                    video_id=sample["video_id"],
                    duration=sample["duration"],
                    fps=sample["grid"].fps if "grid" in sample else 0.0,
                    truth={key: _numpy(truth[key]) for key in ("segments", "labels")},
                    predicted={
                        key: _numpy(predicted[key]) for key in ("segments", "labels", "scores")
                    },
                )
            )

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Numbers to log: none where the recordings have no instances."""
        if any(len(result["truth"]["labels"]) for result in results):
            return self.figures(results)
        print_log(f"{len(results)} recordings without instances: no figures", "current")
        return {}

    def figures(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Numbers to log, of recordings with instances."""
        raise NotImplementedError

    def tables(self, results: Sequence[dict[str, Any]]) -> tuple[InstanceTable, InstanceTable]:
        """Ground truth, also of recordings without features, and predictions."""
        return as_tables(results, self.missing_truth)

    @property
    def missing_truth(self) -> Mapping[str, Mapping[str, Any]]:
        """Instances and duration of recordings that were not tested: they count as empty."""
        found: Mapping[str, Any] = (self.dataset_meta or {}).get("missing_truth", {})
        return found

    @property
    def classes(self) -> Sequence[str]:
        meta: Mapping[str, Any] = self.dataset_meta or {}
        return meta.get("classes", ())


def as_tables(
    results: Sequence[dict[str, Any]], absent: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[InstanceTable, InstanceTable]:
    """Ground truth and predictions of collected results, recordings sorted by name.

    ValueError: a recording was tested twice. (What a sampler repeats to give every rank equally
    many, MMEngine drops when it collects the results.).
    ``absent``: ground truth (``segments``, ``labels``) of recordings that were not tested.
    """
    ordered = sorted(results, key=lambda result: result["video_id"])
    for one, other in pairwise(ordered):
        if one["video_id"] == other["video_id"]:
            raise ValueError(f"recording '{one['video_id']}' was tested twice")
    everything = {r["video_id"]: r["truth"] for r in ordered} | dict(absent or {})
    truth = InstanceTable.from_videos(everything)
    predicted = InstanceTable.from_videos({r["video_id"]: r["predicted"] for r in ordered})
    return truth, predicted


def _numpy(values: Any) -> np.ndarray:
    tensor = torch.as_tensor(values).detach().cpu()
    # NumPy knows no bfloat16, and figures are computed in double precision anyway.
    return (tensor.double() if tensor.is_floating_point() else tensor).numpy()
