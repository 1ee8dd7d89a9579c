"""Per-frame figures, as the literature on cooking and inertial data reports them."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mmengine.logging import print_log

from mmtal.evaluation.metrics.instance_metric import InstanceMetric
from mmtal.evaluation.protocols import find_protocol
from mmtal.evaluation.protocols.frame_rules import FrameRules
from mmtal.registry import METRICS


@METRICS.register_module()
class FrameMetrics(InstanceMetric):
    """Accuracy, precision, recall, F1 of frames; segmental F1@{10,25,50}, edit score; in [0, 1].

    Args:
        frames_per_second: How finely a recording is cut into frames.
        protocol: In its place the name of a protocol of segmentations, such as ``gtea/ms-tcn``,
            see ``docs/protocols.md``. Recordings that are of none of its splits are evaluated as
            one split, with a warning.
        score_thr: Predictions that score lower are left out; of the others the best that do not
            overlap are the segmentation. None: 0.3 where some overlap; where none do, they are a
            segmentation, and all count.
        overlaps: tIoU thresholds of the segmental F1, in percent.
        prefix: Replaces ``frame``.
    """

    default_prefix = "frame"

    def __init__(
        self,
        frames_per_second: float | None = None,
        *,
        protocol: str | None = None,
        score_thr: float | None = None,
        overlaps: Sequence[int] = (10, 25, 50),
        prefix: str | None = None,
    ) -> None:
        super().__init__(prefix=prefix)
        if (frames_per_second is None) == (protocol is None):
            raise ValueError("FrameMetrics must have frames_per_second or a protocol, one of them")
        if protocol is not None:
            rules = find_protocol(protocol).frames
            if rules is None:
                raise ValueError(
                    f"protocol must be one of segmentations, but got {protocol}, which is about "
                    "detections: give it to TemporalMAP"
                )
            self.rules = replace(rules, score_thr=score_thr)
        else:
            self.rules = FrameRules(frames_per_second=frames_per_second or 0, score_thr=score_thr)
        self.protocol, self.overlaps = protocol, overlaps

    def figures(self, results: list[dict[str, Any]]) -> dict[str, float]:
        durations = {name: own.get("duration") or 0.0 for name, own in self.missing_truth.items()}
        durations |= {result["video_id"]: result["duration"] for result in results}
        overlaps = [overlap / 100 for overlap in self.overlaps]
        truth, detections = self.tables(results)
        rules = self.rules
        if rules.in_no_split(truth.video_ids):  # no reason to lose a training on other data
            print_log(
                f"recordings are not those of protocol {self.protocol}: evaluated at its "
                f"{rules.frames_per_second:g} frames per second, all as one split",
                "current",
                level=logging.WARNING,
            )
            rules = replace(rules, splits=FrameRules.splits)
        logged = rules.figures(truth, detections, durations, overlaps)
        text = ", ".join(f"{name} {100 * value:.2f}" for name, value in logged.items())
        print_log(f"frames of {len(durations)} recordings, %: {text}", "current")
        return logged
