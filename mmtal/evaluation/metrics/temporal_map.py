"""Mean average precision, the main figure of temporal action localization."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mmengine.logging import MessageHub, print_log

from mmtal.evaluation.average_precision import LabelHandling
from mmtal.evaluation.metrics.instance_metric import InstanceMetric, as_tables
from mmtal.evaluation.operating_point import OperatingPoint, best_f1
from mmtal.evaluation.protocols import choose_protocol
from mmtal.evaluation.report import format_remarks, format_table
from mmtal.evaluation.thresholds import Thresholds
from mmtal.registry import METRICS
from mmtal.results.coverage import LEAST
from mmtal.results.fusion.external_scores import (
    ExternalRule,
    check_fusion,
    name_detections,
    read_external_scores,
)
from mmtal.results.instance_table import ANY_CLASS, InstanceTable, without_duplicates
from mmtal.results.result_files import write_results
from mmtal.utils.wording import counted


@METRICS.register_module()
class TemporalMAP(InstanceMetric):
    """mAP at tIoU thresholds: ``tal/mAP`` (their average), ``tal/mAP@0.50``, ... in [0, 1].

    Args:
        protocol: Name of a benchmark's protocol, such as ``thumos14/official-212``, see
            ``docs/protocols.md``; it says what the next three say otherwise. On other recordings
            or classes its rules hold, but the results do not bear its name.
        tiou_thresholds: A list, or ``"0.3:0.1:0.7"``.
        label_handling: ``corrected`` ignores detections of classes that the ground truth lacks;
            ``official`` counts them as the official release does, as other classes. The default
            is ``corrected``.
        recall_at: Multiples k of Recall@kx, logged as ``tal/recall@1x@0.50``.
        tolerances: In place of all these: mAP of events without duration, at tolerances in seconds;
            the data set has a ``point_width``.
        external_scores: JSON of class scores per recording, which name class-agnostic detections.
        external_rule: How ``external_scores`` and a detection's score make the new one: ``sqrt``
            or ``product``, see :func:`mmtal.results.fusion.external_scores.fuse_external_scores`.
        top_classes: Classes of each recording that ``external_scores`` gives.
        top_segments: Detections of each recording that get them; None: all.
        class_agnostic: Evaluate where, not what: all labels count as one class.
        per_class: Also print the AP of each class.
        out_file: Write the detections here, as ActivityNet results JSON.
        allow_partial: Evaluate although more than 5 % of the recordings have no features:
            they count as recordings without a detection.
        prefix: Replaces ``tal``.

    Attributes:
        operating_point (OperatingPoint | None): Of the last evaluation, the threshold of best F1
            for what the model alone found; None where nothing was right.
        report (str): Of the last evaluation, as it is printed.
    """

    operating_point: OperatingPoint | None = None
    report: str = ""

    def __init__(
        self,
        *,
        protocol: str | None = None,
        tiou_thresholds: Thresholds | None = None,
        label_handling: LabelHandling | None = None,
        recall_at: Sequence[int] | None = None,
        tolerances: Sequence[float] | None = None,
        external_scores: str | None = None,
        external_rule: ExternalRule = "sqrt",
        top_classes: int = 2,
        top_segments: int | None = 200,
        class_agnostic: bool = False,
        per_class: bool = False,
        out_file: str | Path | None = None,
        allow_partial: bool = False,
        prefix: str | None = None,
    ) -> None:
        super().__init__(prefix=prefix)
        self.protocol = choose_protocol(
            protocol,
            dict(
                tiou_thresholds=tiou_thresholds,
                label_handling=label_handling,
                recall_at=recall_at,
                tolerances=tolerances,
            ),
        )
        if self.protocol.frames is not None:
            raise ValueError(
                f"protocol must be one of detections, but got {protocol}, which is about "
                "segmentations: give it to FrameMetrics"
            )
        self.external = read_external_scores(external_scores) if external_scores else None
        check_fusion(external_rule, top_classes, top_segments)
        self.external_rule = external_rule
        self.top_classes = top_classes
        self.top_segments = top_segments
        self.class_agnostic = class_agnostic
        self.per_class = per_class
        self.out_file = out_file
        self.allow_partial = allow_partial

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep what evaluation needs, if it can be had for enough recordings."""
        if not self.results:  # before the time is spent
            meta = self.dataset_meta or {}
            tested, missing = meta.get("video_ids", ()), meta.get("missing_truth", ())
            number = len(tested) + len(missing)
            if len(tested) < LEAST * number and not self.allow_partial:
                raise ValueError(
                    f"subset '{meta.get('subset')}': {len(tested):,} of {number:,} recordings have "
                    "features, and the others would count as empty. Add their features, or allow "
                    "it: mmtal test --allow-partial, or allow_partial=True of the evaluator"
                )
            if self.external is not None:
                for video_id in tested:
                    self.external.of(video_id, self.classes)
        super().process(data_batch, data_samples)

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Numbers to log; prints the table and writes the results file."""
        logged = super().compute_metrics(results)
        if not logged and self.out_file:  # a test split without labels
            detections = self._named(as_tables(results)[1])
            self._write(
                detections, dict(num_videos=len(results), **self._data_facts()), self.classes
            )
        return logged

    def figures(self, results: list[dict[str, Any]]) -> dict[str, float]:
        truth, detections = self.tables(results)
        classes = self.classes
        rates = {result["video_id"]: result["fps"] for result in results}
        self.operating_point = None
        if self.external is not None:
            # External scores change the detections' own, from which others will have to choose.
            self.operating_point = self._best_f1(truth.one_class(), detections.one_class(), rates)
            detections = self._named(detections)
        protocol = self.protocol
        if self.class_agnostic:
            truth, detections, classes = truth.one_class(), detections.one_class(), (ANY_CLASS,)
            protocol = protocol.of_one_class()
        if not protocol.is_about(truth.video_ids, classes):
            # No reason to lose a training on other data, but the protocol's name would be a lie.
            print_log(
                f"recordings or classes are not those of protocol {protocol.name}: evaluated with "
                "its thresholds and rules, but under the name 'custom'",
                "current",
                level=logging.WARNING,
            )
            protocol = replace(
                protocol, name="custom", videos=None, excluded=None, num_classes=None
            )
        stamp = protocol.evaluate(truth, detections, classes, partial=True, rates=rates)
        stamp.update(self._data_facts())
        point = self._best_f1(truth, detections, rates)
        stamp["operating_point"] = point and asdict(point)
        if self.external is None:
            self.operating_point = point
        if "ensemble" in (self.dataset_meta or {}):
            stamp["ensemble"] = self.dataset_meta["ensemble"]
        table = format_table(stamp, per_class=self.per_class)
        self.report = f"{table}\n{format_remarks(stamp)}"
        print_log(f"\n{self.report}", "current")
        if self.out_file:
            self._write(detections, stamp, classes)
        is_test = MessageHub.get_current_instance().get_info("loop_stage") == "test"
        if not len(detections) and (is_test or "ensemble" in stamp):  # in training it may
            raise ValueError(
                f"the model finds nothing in any of {counted(len(truth.video_ids), 'recording')}: "
                "a result without a detection says nothing. Check the checkpoint and min_score"
            )
        return {
            name: float("nan") if value is None else value
            for name, value in stamp["metrics"].items()
        }

    def _named(self, detections: InstanceTable) -> InstanceTable:
        """With the classes of the external scores, if there are any."""
        if self.external is None:
            return detections
        return name_detections(
            detections,
            self.external,
            self.classes,
            rule=self.external_rule,
            top_classes=self.top_classes,
            top_segments=self.top_segments,
        )

    def _best_f1(
        self, truth: InstanceTable, detections: InstanceTable, rates: Mapping[str, float]
    ) -> OperatingPoint | None:
        if (points := self.protocol.points) is None:
            return best_f1(without_duplicates(truth)[0], detections)
        return points.best_f1(truth, detections, rates)

    def _data_facts(self) -> dict[str, Any]:
        meta = self.dataset_meta or {}
        return {key: meta.get(key) for key in ("dataset_name", "subset", "bad_segments", "missing")}

    def _write(
        self, detections: InstanceTable, stamp: Mapping[str, Any], classes: Sequence[str]
    ) -> None:
        number = int(detections.labels.max(initial=-1)) + 1
        names = list(classes) or [f"class_{i}" for i in range(number)]
        write_results(str(self.out_file), detections, names, stamp)
