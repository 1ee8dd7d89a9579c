"""Per-frame figures, as the literature on cooking and inertial data reports them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmtal.evaluation.frames import frame_labels, frame_scores, segmental_f1
from mmtal.evaluation.metrics.instance_metric import InstanceMetric
from mmtal.registry import METRICS


@METRICS.register_module()
class FrameMetrics(InstanceMetric):
    """Accuracy, precision, recall and F1 per frame, and segmental F1@{10,25,50}, in [0, 1].

    Args:
        frames_per_second: How finely a recording is cut into frames.
        score_thr: Predictions that score lower are left out.
        overlaps: tIoU thresholds of the segmental F1, in percent.
        prefix: Replaces ``frame``.
    """

    default_prefix = "frame"

    def __init__(
        self,
        frames_per_second: float,
        *,
        score_thr: float = 0.3,
        overlaps: Sequence[int] = (10, 25, 50),
        prefix: str | None = None,
    ) -> None:
        super().__init__(prefix=prefix)
        if frames_per_second <= 0:
            raise ValueError(f"frames_per_second must be > 0, but got {frames_per_second}")
        self.frames_per_second = frames_per_second
        self.score_thr = score_thr
        self.overlaps = overlaps

    def figures(self, results: list[dict[str, Any]]) -> dict[str, float]:
        truth: list[np.ndarray] = []
        predicted: list[np.ndarray] = []
        for result in results:
            number = round(result["duration"] * self.frames_per_second)
            actual, guess = result["truth"], result["predicted"]
            kept = guess["scores"] >= self.score_thr
            for frames, segments, labels, scores in (
                (truth, actual["segments"], actual["labels"], np.ones(len(actual["labels"]))),
                (predicted, *(guess[key][kept] for key in ("segments", "labels", "scores"))),
            ):
                frames.append(
                    frame_labels(
                        segments,
                        labels,
                        scores,
                        num_frames=number,
                        frames_per_second=self.frames_per_second,
                    )
                )
        logged = frame_scores(truth, predicted)
        for overlap in self.overlaps:
            logged[f"f1@{overlap}"] = segmental_f1(truth, predicted, overlap / 100)
        text = ", ".join(f"{name} {100 * value:.2f}" for name, value in logged.items())
        print_log(f"frames of {len(results)} recordings, %: {text}", "current")
        return logged
