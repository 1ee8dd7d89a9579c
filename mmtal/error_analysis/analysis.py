"""Run all parts of the error analysis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.error_analysis.characteristics import Buckets, compute_characteristics, read_annotated
from mmtal.error_analysis.errors import (
    FalseNegatives,
    FalsePositives,
    analyze_false_negatives,
    analyze_false_positives,
    find_overlaps,
    mean_ap_pair,
)
from mmtal.error_analysis.one_threshold import (
    Calibration,
    PrecisionRecall,
    RecordingErrors,
    calibrate,
    confusion_matrix,
    precision_recall,
    worst_recordings,
)
from mmtal.error_analysis.oracles import Oracle, run_oracles
from mmtal.error_analysis.sensitivity import Sensitivity, analyze_sensitivity
from mmtal.evaluation.average_precision import average_precision, class_mean
from mmtal.evaluation.matching import MatchedDetections, match_detections
from mmtal.evaluation.points import tolerances_as_tiou, widened
from mmtal.evaluation.protocols import EvaluationProtocol
from mmtal.evaluation.protocols.point_rules import PointRules
from mmtal.evaluation.thresholds import Thresholds, threshold_name
from mmtal.results.coverage import check_classes, check_coverage, check_times
from mmtal.results.instance_table import ANY_CLASS, InstanceTable, without_duplicates
from mmtal.results.result_files import read_facts, read_ground_truth, read_results

CURVE_TIOU = 0.5
"""Confusion, calibration, curves and recordings are looked at at this tIoU, or the nearest; of
events at the tolerance in the middle."""


@dataclass(frozen=True)
class ErrorAnalysis:
    """What is wrong with detections; see the modules of the parts.

    Attributes:
        classes: Names by label.
        durations: Of each recording in seconds, None where the annotations lack it.
        matches: Detections and what they hit.
        stamp: What :meth:`EvaluationProtocol.evaluate` says: plain mAP, list of
            recordings.
        scores: (2,) average mAP and average-mAP_N.
        map_n: (T,) mAP_N at each threshold.
        false_positives: Profile and impact of each type.
        false_negatives: Missed instances and causes.
        sensitivity: Of each characteristic that is known.
        unknown: Characteristics that are known of no instance.
        oracles: Experiments.
        tolerances: Of events without duration, in seconds, one for each threshold of the matches,
            whose segments are :func:`~mmtal.evaluation.points.widened`; None: of segments.
        curve_threshold: Index of the tIoU threshold of all that follows.
        confusion: (C + 1, C + 1).
        calibration: Scores against precision.
        curves: One for each class.
        worst: Recordings with the most errors.
        ignored: Detections of classes that the ground truth lacks.
    """

    classes: list[str]
    durations: list[float | None]
    matches: MatchedDetections
    stamp: dict[str, Any]
    scores: NDArray[np.float64]
    map_n: NDArray[np.float64]
    false_positives: FalsePositives
    false_negatives: FalseNegatives
    sensitivity: list[Sensitivity]
    unknown: list[str]
    oracles: list[Oracle]
    tolerances: tuple[float, ...] | None
    curve_threshold: int
    confusion: NDArray[np.int64]
    calibration: Calibration
    curves: list[PrecisionRecall]
    worst: list[RecordingErrors]
    ignored: int

    @property
    def curve_tiou(self) -> float:
        """The tIoU of confusion, calibration, curves and recordings."""
        return float(self.matches.tiou_thresholds[self.curve_threshold])

    @property
    def thresholds(self) -> list[str]:
        """Names of the thresholds: ``0.50``, or ``0.1 s``."""
        if self.tolerances is not None:
            return [f"{tolerance:g} s" for tolerance in self.tolerances]
        return [threshold_name(tiou) for tiou in self.matches.tiou_thresholds]

    @property
    def curve_at(self) -> str:
        """What confusion, calibration, curves and recordings are looked at at."""
        return f"{self.measure} {self.thresholds[self.curve_threshold]}"

    @property
    def measure(self) -> str:
        """What thresholds are of."""
        return "tIoU" if self.tolerances is None else "tolerance"

    def in_words(self, name: str) -> str:
        """An experiment or a cause; events have times in place of boundaries."""
        return name if self.tolerances is None else name.replace("boundaries", "times")

    @property
    def present(self) -> list[str]:
        """C names of the classes that the ground truth holds."""
        return [self.classes[label] for label in self.matches.classes]


def analyze_errors(
    truth: InstanceTable,
    detections: InstanceTable,
    *,
    classes: Sequence[str],
    tiou_thresholds: Thresholds = "0.3:0.1:0.7",
    tolerances: Sequence[float] | None = None,
    durations: Mapping[str, float | None] | None = None,
    annotated: Mapping[str, NDArray[np.float64]] | None = None,
    buckets: Buckets = "fit",
) -> ErrorAnalysis:
    """Everything about the errors of some detections; repeated instances are removed.

    Definitions follow DETAD (Alwassel et al., "Diagnosing Error in Temporal Action Detectors",
    ECCV 2018); ``docs/analyze_errors.md`` names what its released code does otherwise. Detections
    of classes that the ground truth lacks are ignored. Without durations (s) coverage is not known;
    ``annotated`` is from :func:`read_annotated`. With ``tolerances`` (s), middles of segments are
    looked at as events, by their distance. ValueError: the ground truth holds no instance.
    """
    if not len(truth):
        raise ValueError("the ground truth must hold at least one instance, but it holds none")
    durations = durations or {}
    protocol = EvaluationProtocol(tiou_thresholds=tiou_thresholds)
    if tolerances is not None:
        protocol = EvaluationProtocol(points=PointRules(tolerances=tuple(tolerances)))
        if not protocol.has_matches:
            raise ValueError(f"tolerances must be > 0, but got {list(tolerances)}")
    stamp = protocol.evaluate(truth, detections, classes)
    kept, cleaned = np.arange(len(truth)), truth
    if tolerances is None:
        kept, cleaned = _without_duplicates(truth)
    else:
        cleaned, detections = (widened(table, tolerances) for table in (truth, detections))
        tiou_thresholds = tolerances_as_tiou(tolerances)
    matches = match_detections(cleaned, detections, tiou_thresholds)
    overlaps = find_overlaps(matches)
    characteristics = compute_characteristics(
        cleaned,
        durations,
        buckets=buckets,
        events=tolerances is not None,
        annotated={name: values[kept] for name, values in (annotated or {}).items()},
    )
    threshold = int(np.abs(matches.tiou_thresholds - CURVE_TIOU).argmin())
    if tolerances is not None:
        threshold = (len(tolerances) - 1) // 2
    return ErrorAnalysis(
        classes=list(classes),
        durations=[durations.get(video) for video in truth.video_ids],
        matches=matches,
        stamp=stamp,
        scores=mean_ap_pair(matches, matches.hits, ~matches.hits),
        map_n=class_mean(average_precision(matches, normalized=True))[0],
        false_positives=analyze_false_positives(matches, overlaps),
        false_negatives=analyze_false_negatives(matches, overlaps),
        sensitivity=analyze_sensitivity(matches, [c for c in characteristics if c.counts.any()]),
        unknown=[c.name for c in characteristics if not c.counts.any()],
        oracles=run_oracles(matches, overlaps),
        tolerances=None if tolerances is None else tuple(reversed(tolerances)),
        curve_threshold=threshold,
        confusion=confusion_matrix(matches, threshold),
        calibration=calibrate(matches, threshold),
        curves=precision_recall(matches, threshold),
        worst=worst_recordings(matches, threshold),
        ignored=len(detections) - len(matches.rows),
    )


def analyze_result_file(
    results: str | Path,
    ann_file: str | Path,
    *,
    subset: str | None = None,
    tiou_thresholds: Thresholds = "0.3:0.1:0.7",
    tolerances: Sequence[float] | None = None,
    buckets: Buckets = "fit",
    class_file: str | Path | None = None,
    class_agnostic: bool = False,
    allow_partial: bool = False,
) -> ErrorAnalysis:
    """As :func:`analyze_errors`, from results and annotations of any system.

    Without ``subset``, it is the one that the results' recordings are of. ValueError: a file is not
    in its format, or the subset is not clear or holds no instance.
    ``class_file`` names the numbers in the results; ``class_agnostic``: where, not what, whatever
    the labels; ``allow_partial``: see
    :func:`~mmtal.results.coverage.check_coverage`.
    """
    points = tolerances is not None
    annotations = AnnotationFile(ann_file, points=points)
    any_subset = next(iter(annotations.database.values()))["subset"]
    # the whole file's, whatever the subset
    _, classes = read_ground_truth(ann_file, any_subset, points=points)
    detections = read_results(
        results, classes, class_file=class_file, class_agnostic=class_agnostic
    )
    if subset is None:
        subset = _subset_of(annotations, detections.video_ids)
    truth, _ = read_ground_truth(ann_file, subset, points=points)
    annotations.check_instances(subset)
    check_coverage(
        detections.video_ids,
        truth.video_ids,
        detections=len(detections),
        source=results,
        allow_partial=allow_partial,
    )
    if class_agnostic:
        truth, classes = truth.one_class(), [ANY_CLASS]
    check_classes(detections, classes, results)
    durations, rates = (read_facts(ann_file, subset, name) for name in ("duration", "fps"))
    check_times(detections, durations, rates, results)
    return analyze_errors(
        truth,
        detections,
        classes=classes,
        tiou_thresholds=tiou_thresholds,
        tolerances=tolerances,
        durations={v: e.get("duration") for v, e in annotations.recordings(subset).items()},
        annotated=read_annotated(annotations, subset),
        buckets=buckets,
    )


def _without_duplicates(truth: InstanceTable) -> tuple[NDArray[np.int64], InstanceTable]:
    """Rows that are kept, and their table."""
    # Row numbers in place of scores tell afterwards which rows are left.
    cleaned, _ = without_duplicates(replace(truth, scores=np.arange(len(truth), dtype=float)))
    kept = cleaned.scores.astype(np.int64)
    return kept, truth.select(kept)


def _subset_of(annotations: AnnotationFile, video_ids: Sequence[str]) -> str:
    """The one subset that holds recordings of the results."""
    found = {
        annotations.database[video]["subset"]
        for video in video_ids
        if video in annotations.database
    }
    if len(found) != 1:
        there = sorted({entry["subset"] for entry in annotations.database.values()})
        what = f"recordings of {sorted(found)}" if found else "none of its recordings"
        raise ValueError(
            f"{annotations.path}: the results hold {what}, so name the subset to "
            f"look at with --subset, one of {there}"
        )
    return found.pop()
